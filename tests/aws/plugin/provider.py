"""AWS's provider, as far as the engine sees it. A DOUBLE: its calls go to loopback, never to AWS.

The real provider cannot be had here. The double refuses what the SDK's types do not know, what AWS's models
of its API refuse, and a change that it knows nothing of. What it cannot prove: the real provider's own
defaults, differences and waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from providers.rpc import InitFailed, RpcError
from providers.rpc.envelope import Message
from providers.rpc.protos import provider_pb2 as pb
from providers.rpc.provider import Provider, empty, failure
from providers.rpc.values import UNKNOWN, has_unknowns, reveal
from tests.aws.api import Api, RequestRefused
from tests.aws.kinds.base import HalfMade, Kind, Made, UnknownChange, Unready
from tests.aws.kinds.table import KINDS
from tests.aws.sdk import disagreements, outputs_of
from tests.components.eks.aws_requests import OPERATIONS
from tests.components.eks.aws_shapes import violations

NAME: Final = "aws"
VERSION: Final = "7.51.1"
# What AWS says of a role that another region of it has not heard of yet; the provider asks again.
_NOT_YET = "could not be assumed"
_ASKS = 5

Result = TypeVar("Result")
Properties = Mapping[str, Any]


class AwsDouble(Provider):
    """Serves `aws` resources.

    Args:
        endpoint: URL on loopback that answers for AWS.

    Raises:
        WentAstray: The endpoint is elsewhere.
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__(NAME, VERSION)
        self._endpoint = endpoint
        self._api = Api("us-west-2", endpoint)
        # The SDK loads its parts when they are asked for, and not for two at once.
        self._looking_up = threading.Lock()

    def configure(self, request: Message) -> Message:
        region = request.fields.variables.get(f"{NAME}:config:region")
        if not region:
            raise RpcError("no region: the provider instance of the program names it")
        self._api = Api(region, self._endpoint)
        return super().configure(request)

    def check(self, request: Message) -> Message:
        token, news = _token(request), reveal(request.structs.get("news", {}))
        with self._looking_up:
            wrong = disagreements(token, news, UNKNOWN)
        if not wrong and not has_unknowns(news):
            operation = OPERATIONS[token]
            named = _kind(request).named(_name(request))
            told = violations(operation.service, operation.name, {**operation.request(_given(news)), **named})
            wrong = [("", reason) for reason in told]
        failures = [failure(path, reason) for path, reason in wrong]
        return Message(pb.CheckResponse(failures=failures), {"inputs": news})

    def diff(self, request: Message) -> Message:
        kind = _kind(request)
        olds, news = _old_inputs(request), reveal(request.structs.get("news", {}))
        kept = set(request.fields.ignoreChanges)
        changed = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key) and key not in kept)
        replaces = [key for key in changed if key in kind.replaces]
        name = kind.fixed_name
        # Two of one name cannot stand beside each other: the old one has to go first.
        same_name = name is not None and name in news and olds.get(name) == news.get(name)
        return Message(
            pb.DiffResponse(
                changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE,
                diffs=changed,
                replaces=replaces,
                deleteBeforeReplace=bool(replaces) and same_name,
            )
        )

    def create(self, request: Message) -> Message:
        kind, inputs = _kind(request), _given(reveal(request.structs.get("properties", {})))
        if request.fields.preview:
            return Message(pb.CreateResponse(), {"properties": self._foreseen(kind, inputs)})
        try:
            made = self._call(request, lambda: self._patiently(kind, _name(request), inputs))
        except HalfMade as error:
            raise InitFailed(
                str(error),
                id=error.made.id,
                properties={**inputs, **error.made.outputs},
                inputs=inputs,
                reasons=[str(error)],
            ) from None
        return Message(pb.CreateResponse(id=made.id), {"properties": {**inputs, **made.outputs}})

    def read(self, request: Message) -> Message:
        kind, key = _kind(request), request.fields.id
        state, inputs = (reveal(request.structs.get(name, {})) for name in ("properties", "inputs"))
        seen = self._call(request, lambda: kind.read(self._api, key, state))
        if seen is None:
            return Message(pb.ReadResponse())
        seen_inputs = {name: seen.get(name, value) for name, value in inputs.items()}
        return Message(pb.ReadResponse(id=key), {"properties": {**state, **seen}, "inputs": seen_inputs})

    def update(self, request: Message) -> Message:
        kind, key = _kind(request), request.fields.id
        state, news = reveal(request.structs.get("olds", {})), _given(reveal(request.structs.get("news", {})))
        olds = _given(_old_inputs(request))
        if request.fields.preview:
            moving = dict.fromkeys(kind.moving, UNKNOWN)
            return Message(pb.UpdateResponse(), {"properties": {**_changed(kind, state, news), **moving}})

        def change() -> dict[str, Any]:
            if olds == news:
                # The engine comes again without a change only to what was half made.
                made = Made(key, dict(state))
                kind.finish(self._api, made, news)
                return made.outputs
            return kind.update(self._api, key, olds, news, state)

        outputs = self._call(request, change)
        return Message(pb.UpdateResponse(), {"properties": {**_changed(kind, state, news), **outputs}})

    def delete(self, request: Message) -> Message:
        state = reveal(request.structs.get("properties", {}))
        self._call(request, lambda: _kind(request).delete(self._api, request.fields.id, state))
        return empty()

    def invoke(self, request: Message) -> Message:
        token, args = request.fields.tok, reveal(request.structs.get("args", {}))
        if token == "aws:index/getCallerIdentity:getCallerIdentity":
            found = self._call(None, lambda: self._api("sts", "GetCallerIdentity"))
            answer = {"accountId": found["Account"], "arn": found["Arn"], "id": found["Account"]}
            return Message(pb.InvokeResponse(), {"return": {**answer, "userId": found["UserId"]}})
        if token == "aws:iam/getSessionContext:getSessionContext":
            # A user is nobody's session: the function gives back what it was given.
            return Message(
                pb.InvokeResponse(), {"return": {**args, "id": args["arn"], "issuerArn": args["arn"]}}
            )
        raise RpcError(f"the double of AWS's provider has no function {token}")

    def _foreseen(self, kind: Kind, inputs: Properties) -> dict[str, Any]:
        with self._looking_up:
            later = outputs_of(kind.token) - {"", *inputs}
        added = {
            name: {**inputs[name], **dict.fromkeys(more, UNKNOWN)}
            for name, more in kind.within.items()
            if isinstance(inputs.get(name), dict)
        }
        return {**inputs, **dict.fromkeys(later, UNKNOWN), **added}

    def _patiently(self, kind: Kind, name: str, inputs: Properties) -> Made:
        for _ in range(_ASKS):
            try:
                return kind.create(self._api, name, inputs)
            except ClientError as error:
                if _NOT_YET not in str(error):
                    raise
        return kind.create(self._api, name, inputs)

    def _call(self, request: Message | None, work: Callable[[], Result]) -> Result:
        """Do it, and turn what AWS says into what the engine prints."""
        with self._api.made_for(_name(request)) if request else nullcontext():
            try:
                return work()
            except ClientError as error:
                raise RpcError(str(error)) from None
            except (RequestRefused, UnknownChange, Unready) as error:
                raise RpcError(str(error)) from None


def _token(request: Message) -> str:
    return str(request.fields.type or request.fields.urn.split("::")[2].split("$")[-1])


def _name(request: Message) -> str:
    return str(request.fields.urn.split("::", 3)[3])


def _kind(request: Message) -> Kind:
    token = _token(request)
    if token not in KINDS:
        raise RpcError(f"the double of AWS's provider has no type {token}: see tests/aws/kinds")
    return KINDS[token]


def _old_inputs(request: Message) -> dict[str, Any]:
    found: dict[str, Any] = reveal(request.structs.get("old_inputs") or {})
    return found


def _given(inputs: Properties) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if value is not None}


def _changed(kind: Kind, state: Properties, news: Properties) -> dict[str, Any]:
    """The state with new inputs, and with what AWS had added to them."""
    added = {
        name: {**news[name], **{member: state[name].get(member) for member in more}}
        for name, more in kind.within.items()
        if name in news and name in state
    }
    return {**state, **news, **added}
