"""Out of long logs, the lines that tell why."""

from __future__ import annotations

from providers.platform.kind.diagnosis import kubelet_errors, pod_errors

SHIM = 'E1121 10:51:16.1 205 manager.go:1] "CreatePodSandbox failed" err="containerd-shim-runc-v2 not found"'
SHIM_AGAIN = (
    'E1121 10:52:16.2 205 manager.go:1] "CreatePodSandbox failed" err="containerd-shim-runc-v2 not found"'
)
REFUSED = (
    'E1121 10:51:18.9 205 status.go:107] "x" err="dial tcp 172.18.0.2:6443: connect: connection refused"'
)


def test_of_a_kubelets_journal_different_errors_stay_the_newest_last() -> None:
    journal = f"{SHIM}\nI1121 10:51:17 205 x.go:1] fine\nW1121 10:51:17 205 x.go:1] hm\n{SHIM_AGAIN}"
    assert kubelet_errors(journal) == [SHIM_AGAIN]


def test_that_the_api_server_does_not_answer_explains_nothing() -> None:
    assert kubelet_errors(f"{SHIM}\n{REFUSED}") == [SHIM]


def test_but_it_is_told_where_nothing_else_is_known() -> None:
    assert kubelet_errors(REFUSED) == [REFUSED]


def test_a_kubelet_that_cannot_start_says_so_in_its_own_form() -> None:
    assert kubelet_errors('Error: failed to parse kubelet flag: unknown flag "--x"') == [
        'Error: failed to parse kubelet flag: unknown flag "--x"'
    ]


def test_of_a_containers_log_the_errors_stay() -> None:
    log = (
        "2026-11-21T10:00:00Z stderr F I1121 starting\n"
        '2026-11-21T10:00:01Z stderr F {"level":"fatal","msg":"failed to open database"}\n'
        "2026-11-21T10:00:02Z stderr F panic: runtime gone\n"
    )
    assert pod_errors(log) == [
        '{"level":"fatal","msg":"failed to open database"}',
        "panic: runtime gone",
    ]
