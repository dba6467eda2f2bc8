"""What pods and nodes may do in AWS: what they need, and no more.

The proposal refused every `*` resource. That would refuse what cannot be said otherwise: calls that describe
and list have no resource to name, and the load balancer controller's writes are held by conditions on tags.
So a `*` resource is refused where it is neither a bare question nor held by a condition. Questions that hand
out content (an object, a secret, a parameter) are no bare questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policies.aws.documents import NotADocument, Statement, statements, texts
from policies.aws.view import Blind, View, ask_stack, of
from policies.rule import Context, Finding, Level, Levels, Rule, Severity
from policies.unknown import known, wholly_known

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

PODS = "pods.eks.amazonaws.com"
_SESSION = ("sts:AssumeRole", "sts:TagSession")
_QUESTIONS = ("describe", "list", "get")
_CONTENT = ("s3:get", "secretsmanager:get", "ssm:get", "kms:get", "dynamodb:get", "ecr:getauthorizationtoken")
_WIDE = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "*FullAccess")
# The CNI's rights belong to aws-node's own Pod Identity: on the node's role every pod would have them.
_NOT_FOR_NODES = ("AmazonEKS_CNI_Policy", "AmazonS3*", "AmazonEBSCSIDriverPolicy", *_WIDE)


def _trusted(role: View) -> set[str]:
    """The services that may take a role."""
    document = role.get("assumeRolePolicy")
    return {
        name
        for one in statements(document)
        if one.allows
        for name in texts(one.principals.get("Service", ()))
    }


def _is(role: View, service: str) -> bool:
    try:
        return service in _trusted(role)
    except NotADocument:
        return False


def _trust_is_for_pods_alone(role: View, _: Context) -> Iterator[Finding]:
    try:
        trust = statements(role.get("assumeRolePolicy"))
    except NotADocument as error:
        yield role.wrong("assumeRolePolicy", None, why=str(error), fix="write a policy document as JSON")
        return
    if not _is(role, PODS):
        return
    for one in trust:
        names = {name for kind in one.principals.values() for name in texts(kind)}
        for name in sorted(names - {PODS}) if one.allows else ():
            yield role.wrong(
                f"assumeRolePolicy.{one.where}.Principal",
                name,
                why="others than pods could take a role that is for pods",
                fix=f"trust {PODS} alone",
            )
    given = {action for one in trust if one.allows for action in texts(one.actions)}
    for action in _SESSION:
        if action not in given:
            yield role.wrong(
                "assumeRolePolicy",
                ", ".join(sorted(given)) or None,
                why=f"Pod Identity takes a role by {' and '.join(_SESSION)}: pods would get no credentials",
                fix=f"allow {action} too",
            )


def _pods_do_no_more(policy: View, context: Context) -> Iterator[Finding]:
    if _exempt(policy, context):
        return
    for role in _roles_of(policy):
        if _is(role, PODS):
            yield from _too_wide(policy, "policy", role.resource.name)


def _inline_does_no_more(role: View, context: Context) -> Iterator[Finding]:
    if not _is(role, PODS) or _exempt(role, context):
        return
    for at, inline in role.entries("inlinePolicies"):
        if not wholly_known(inline):
            yield role.blind(at)
        elif inline.get("policy"):
            yield from _judge(role, f"{at}.policy", inline["policy"], role.resource.name)


def _too_wide(policy: View, where: str, role: str) -> Iterator[Finding]:
    yield from _judge(policy, where, _document(policy), role)


def _document(policy: View) -> object:
    """A policy's document. As a mapping its parts may be unknown: the others are judged all the same."""
    value = policy.peek("policy")
    if not known(value):
        raise Blind("policy", policy.resource)
    return value


def _judge(policy: View, where: str, document: object, role: str) -> Iterator[Finding]:
    try:
        found = statements(document)
    except NotADocument as error:
        yield policy.wrong(where, None, why=str(error), fix="write a policy document as JSON")
        return
    for one in found:
        if one.allows:
            at = f"{where}.{one.where}"
            yield from _wide_actions(policy, at, one, role)
            yield from _wide_resources(policy, at, one, role)
            if not wholly_known(one.actions):
                yield policy.blind(f"{at}.Action")


def _wide_actions(policy: View, at: str, one: Statement, role: str) -> Iterator[Finding]:
    for action in texts(one.actions):
        if action == "*" or action.endswith(":*"):
            yield policy.wrong(
                f"{at}.Action",
                action,
                why=f"pods with the role {role} could do anything"
                + ("" if action == "*" else f" that {action.partition(':')[0]} has"),
                fix="name the actions that they need",
            )


def _wide_resources(policy: View, at: str, one: Statement, role: str) -> Iterator[Finding]:
    every = [name for name in texts(one.resources) if name == "*" or name == "arn:aws:s3:::*"]
    if not every or one.conditions:
        return
    acting = [action for action in texts(one.actions) if not _bare_question(action)]
    if acting:
        yield policy.wrong(
            f"{at}.Resource",
            every[0],
            why=f"pods with the role {role} could do {', '.join(acting)} to anything in the account",
            fix="name the resources, or hold the statement by a condition",
        )


def _bare_question(action: str) -> bool:
    text = action.lower()
    if text == "ecr:getauthorizationtoken":
        return True
    return text.partition(":")[2].startswith(_QUESTIONS) and not text.startswith(_CONTENT)


def _managed_policy_fits(attachment: View, context: Context) -> Iterator[Finding]:
    if _exempt(attachment, context) or attachment.refers("policyArn", POLICY):
        return
    arn = str(attachment.get("policyArn"))
    name = arn.rpartition("/")[2]
    for role in attachment.refers("role", ROLE):
        if _is(role, PODS) and any(fnmatchcase(name, wide) for wide in _WIDE):
            yield attachment.wrong(
                "policyArn",
                name,
                why=f"pods with the role {role.resource.name} could do far more than they need",
                fix="write a policy of their own",
            )
        if _is(role, "ec2.amazonaws.com") and any(fnmatchcase(name, no) for no in _NOT_FOR_NODES):
            yield attachment.wrong(
                "policyArn",
                name,
                why=_on_a_node(role),
                fix="attach it to a role of its own, given to its pods by Pod Identity",
            )


def _nodes_read_no_models(policy: View, _: Context) -> Iterator[Finding]:
    for role in _roles_of(policy):
        if not _is(role, "ec2.amazonaws.com"):
            continue
        try:
            found = statements(_document(policy))
        except NotADocument:
            return
        for one in found:
            for action in texts(one.actions) if one.allows else ():
                if action == "*" or action.lower().startswith("s3:"):
                    yield policy.wrong(
                        f"policy.{one.where}.Action",
                        action,
                        why=_on_a_node(role),
                        fix="give them to the pods that need them, by Pod Identity",
                    )


def _on_a_node(role: View) -> str:
    return f"whatever breaks out on a node with the role {role.resource.name} has these rights"


def _roles_of(policy: View) -> list[View]:
    if policy.resource.type == ROLE_POLICY:
        return policy.refers("role", ROLE)
    attachments = policy.referrers("policyArn", ATTACHMENT)
    return [role for one in attachments for role in one.refers("role", ROLE)]


def _exempt(view: View, context: Context) -> bool:
    return any(fnmatchcase(view.resource.name, pattern) for pattern in context.options["exempt"])


RULES = (
    Rule(
        id="pod-identity-least",
        title="Pods and nodes have the rights in AWS that they need, and no more",
        severity=Severity.CRITICAL,
        levels=Levels(dev=Level.ADVISORY, staging=Level.MANDATORY, prod=Level.MANDATORY),
        types=(ROLE, ROLE_POLICY, POLICY, ATTACHMENT),
        check_stack=ask_stack(
            [ROLE, ROLE_POLICY, POLICY, ATTACHMENT],
            of([ROLE], _trust_is_for_pods_alone),
            of([ROLE], _inline_does_no_more),
            of([POLICY, ROLE_POLICY], _pods_do_no_more),
            of([POLICY, ROLE_POLICY], _nodes_read_no_models),
            of([ATTACHMENT], _managed_policy_fits),
        ),
        options={"exempt": []},
    ),
)
