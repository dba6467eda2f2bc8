from __future__ import annotations

from components.cluster.eks.machine_plan import plan_machines
from components.cluster.fleet import MachineGroup
from components.layers.fleet import deadlines
from components.serving.placement import Placement, placement_of
from components.settings.eks.nodes import NodeGroup, Taint

_TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def _groups(*taints: Taint, **types: str) -> dict[str, MachineGroup]:
    groups = {}
    for name, instance_type in types.items():
        settings = NodeGroup(instance_types=(instance_type,), min_size=0, max_size=2)
        plan = plan_machines(name, settings)
        groups[name] = MachineGroup(
            settings=settings, labels=plan.labels, taints=taints, zones=(), gpus=plan.gpus, managed=True
        )
    return groups


def test_a_service_without_gpus_goes_anywhere_and_tolerates_nothing() -> None:
    assert placement_of(0, None, None) == Placement()


def test_where_machines_are_made_on_demand_every_service_has_time_for_one() -> None:
    placed = placement_of(0, "nvidia.com/gpu", _groups(gpu="g5.2xlarge"))

    assert placed == Placement(deadline=deadlines.MACHINE_DEADLINE)


def test_a_gpu_service_goes_to_the_kind_of_gpu_that_all_groups_have() -> None:
    groups = _groups(gpu="g6.4xlarge", spot="gr6.4xlarge")

    assert placement_of(1, "nvidia.com/gpu", groups) == Placement(
        node_selector={"k8s.amazonaws.com/accelerator": "nvidia-l4"},
        tolerations=(_TOLERATION,),
        deadline=deadlines.GPU_DEADLINE,
    )


def test_among_several_kinds_of_gpus_it_takes_any() -> None:
    placed = placement_of(1, "nvidia.com/gpu", _groups(small="g6.4xlarge", large="p5.48xlarge"))

    assert placed.node_selector == {"nvidia.com/gpu.present": "true"}


def test_on_machines_of_somebody_else_no_label_is_guessed() -> None:
    assert placement_of(2, None, None) == Placement(tolerations=(_TOLERATION,))


def test_a_revision_is_not_given_up_while_its_machine_may_still_come() -> None:
    assert deadlines.MACHINE_DEADLINE == 15 * 60 + 600
    assert deadlines.GPU_DEADLINE == deadlines.MACHINE_DEADLINE + 300


def test_a_service_goes_to_the_pool_that_it_names_and_tolerates_what_keeps_others_away() -> None:
    gpu = Taint(key="nvidia.com/gpu", value="true", effect="NoSchedule")
    team = Taint(key="example.org/team", value="vision", effect="NoExecute")
    groups = _groups(gpu, team, small="g6.4xlarge", large="p5.48xlarge")

    assert placement_of(1, "nvidia.com/gpu", groups, "large") == Placement(
        node_selector={"kserve-platform/pool": "large"},
        tolerations=(
            _TOLERATION,
            {"key": "example.org/team", "operator": "Equal", "value": "vision", "effect": "NoExecute"},
        ),
        deadline=deadlines.GPU_DEADLINE,
    )
