"""Every Go module that the platform takes anything from, pinned to its content.

One table for manifests, tools and images: a module is a path, a version and two checksums, as Go's
checksum database gives them. Whatever proxy or mirror serves the bytes, they are these bytes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GoModule:
    """A Go module at one version.

    Attributes:
        path: Module path.
        version: Semantic or pseudo version, with its leading v.
        sum: Checksum of the module's content, as go.sum writes it (h1:...).
        manifest_sum: Checksum of its go.mod alone, which go.sum wants beside the other.
    """

    path: str
    version: str
    sum: str
    manifest_sum: str

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"

    @property
    def sum_lines(self) -> str:
        """Its two lines of a go.sum file."""
        return (
            f"{self.path} {self.version} {self.sum}\n{self.path} {self.version}/go.mod {self.manifest_sum}\n"
        )


KUBERNETES = GoModule(
    "k8s.io/kubernetes",
    "v1.34.4",
    "h1:Yy6R4QB8C9kJPp25GFqEvX5XQwY5qzKeqD0Xx6oAcmk=",
    "h1:m6pZk6a179pRo2wsTiCPORJ86iOEQmfIzUvtyEF8BwA=",
)
ETCD = GoModule(
    "go.etcd.io/etcd/server/v3",
    "v3.6.5",
    "h1:4RbUb1Bd4y1WkBHmuF+cZII83JNQMuNXzyjwigQ06y0=",
    "h1:PLuhyVXz8WWRhzXDsl3A3zv/+aK9e4A9lpQkqawIaH0=",
)
# The version that kubeadm 1.34 asks for; so is etcd's.
COREDNS = GoModule(
    "github.com/coredns/coredns",
    "v1.12.1",
    "h1:haptbGscSbdWU46xrjdPj1vp3wvH1Z2FgCSQKEdgN5s=",
    "h1:V26ngiKdNvAiEre5PTAvklrvTjnNjl6lakq1nbE/NbU=",
)
LOCAL_PATH_PROVISIONER = GoModule(
    "github.com/rancher/local-path-provisioner",
    "v0.0.30",
    "h1:OkiuofkCSscddl7tma/B9Ox1wu+JEVSrP7IcZI65Ggo=",
    "h1:TqBzH7Qk0qgyzrX/PsG1X99IphVRnPaNWbWUDTxPTsw=",
)
KIND = GoModule(
    "sigs.k8s.io/kind",
    "v0.30.0",
    "h1:2Xi1KFEfSMm0XDcvKnUt15ZfgRPCT0OnCBbpgh8DztY=",
    "h1:FSqriGaoTPruiXWfRnUXNykF8r2t+fHtK0P0m1AbGF8=",
)
HELM = GoModule(
    "helm.sh/helm/v3",
    "v3.19.0",
    "h1:krVyCGa8fa/wzTZgqw0DUiXuRT5BPdeqE/sQXujQ22k=",
    "h1:Lk/SfzN0w3a3C3o+TdAKrLwJ0wcZ//t1/SDXAvfgDdc=",
)
PULUMI_CLI = GoModule(
    "github.com/pulumi/pulumi/pkg/v3",
    "v3.250.0",
    "h1:T2eQ5Ujv3+H2FUqYuJ5pwUtKFDazdvkyG5P3V3iEt0I=",
    "h1:kQbUKTlGS7n83eVx7X8zrhusm5lC2gIBGR1F4WR31yM=",
)
# What the command line program above is built against.
PULUMI_SDK = GoModule(
    "github.com/pulumi/pulumi/sdk/v3",
    "v3.250.0",
    "h1:J9KDqsFS5rknqym7uVNjtcBF3M+9laOvpDAtY4xmaEg=",
    "h1:lzcc9vPbkWn3TLD4ZJTiz0lixYM3a/9pSNwsBLLmUEE=",
)
# The last SDK module that still holds the Python language host.
PULUMI_LANGUAGE_HOST = GoModule(
    "github.com/pulumi/pulumi/sdk/v3",
    "v3.77.0",
    "h1:yiiFF7jEdfoNz0RuZZL9+goNJPOxw6n4DrYd6od3OF0=",
    "h1:FEFictCHoa8CYzKDSc0t9ErrNiaO9n7pChreLQLDH+M=",
)
HEY = GoModule(
    "github.com/rakyll/hey",
    "v0.1.4",
    "h1:hhc8GIqHN4+rPFZvkM9lkCQGi7da0sINM83xxpFkbPA=",
    "h1:nAOTOo+L52KB9SZq/M6J18kxjto4yVtXQDjU2HgjUPI=",
)
# The last line whose commands lie inside the module; from 1.12 on they are nested modules that no proxy
# serves.
CERT_MANAGER = GoModule(
    "github.com/cert-manager/cert-manager",
    "v1.11.5",
    "h1:K2LurvwIE4hIhODQZnkOW6ljYe3lVMAliS/to+gI05o=",
    "h1:zNOyoTEwdn9Rtj5Or2pjBY1Bqwtw4vBElP2fKSP8/g8=",
)
GATEWAY_API = GoModule(
    "sigs.k8s.io/gateway-api",
    "v1.4.1",
    "h1:NPxFutNkKNa8UfLd2CMlEuhIPMQgDQ6DXNKG9sHbJU8=",
    "h1:AR5RSqciWP98OPckEjOjh2XJhAe2Na4LHyXD2FUY7Qk=",
)
# Release 1.29.1: Istio's releases are not tagged as Go versions.
ISTIO = GoModule(
    "istio.io/istio",
    "v0.0.0-20260306174214-6991a379e1fc",
    "h1:/cuKTtCeZxShA9tOz6N0QwNraftSlel9bqOvMNune94=",
    "h1:aJQk1a5NwrEKcSa1hWibY5njycOhsJImlYYAyqipVY0=",
)
# Release 1.21.1; Knative's modules are numbered 27 below its releases.
KNATIVE_SERVING = GoModule(
    "knative.dev/serving",
    "v0.48.1",
    "h1:Tm8s/KbtnGp/8srGa+r4ETyO+2+8FhG6qX/NPeRyTJo=",
    "h1:GvDc19mU7RIzYjx9a3MCX16LAVIL6RPD+QBgBu4NSKI=",
)
# Holds the release manifests of Serving 1.21.1 and of its ingresses.
KNATIVE_OPERATOR = GoModule(
    "knative.dev/operator",
    "v0.48.1",
    "h1:JMg403ZdbM1cNO8v4P97QE5QOn2fPiO2c445DqHEhag=",
    "h1:1iX5cDwJTn8Y+I7rnP4cxPwFYlYhRNfIsMV0pjIBzeE=",
)
KNATIVE_GATEWAY_API = GoModule(
    "knative.dev/net-gateway-api",
    "v0.48.0",
    "h1:3Ob+1x1oq5OkZFsnAxeIClPI9Aq6HzMJQV/HOwLMjn8=",
    "h1:0a3GriaZnE+yG9inlTUqBbjgqAuLmxvhIryBZbdHlIU=",
)
KNATIVE_KOURIER = GoModule(
    "knative.dev/net-kourier",
    "v0.48.0",
    "h1:elioeQg/w1I2NrlUuyEuLrmRbHc4LpJUwykETSrDmvs=",
    "h1:k7WaI7h5N6gIbafNVVotznhJXrENgugZacBfx+130xk=",
)
KSERVE = GoModule(
    "github.com/kserve/kserve",
    "v0.20.0",
    "h1:Bs7HxmGV4KFqqptDcWseKv+mwD4YOYHJWcuVgPG2Gug=",
    "h1:2W0MRhiJ6c25C0jQABJnJ9OlCnAfzxFHZ+oTI7xLipI=",
)
KUBE_RBAC_PROXY = GoModule(
    "github.com/brancz/kube-rbac-proxy",
    "v0.18.0",
    "h1:mceEQjQIkVeWkZyYMRK7i5LaA4bLm3+skiH14hmVcR0=",
    "h1:9jTVKzASsRg2zxf8EE+cPWZGOXGZsj7jmJWRwy2O+mY=",
)

NODE_FEATURE_DISCOVERY = GoModule(
    "sigs.k8s.io/node-feature-discovery",
    "v0.18.3",
    "h1:q5/qpyxrasI/F6838lflFNGAUszpMNRuFwornPLYdxQ=",
    "h1:E1TicxB7ndDiZvQdtG6Gx6VjoDJvegXqU7e5dCTUT7s=",
)
METRICS_SERVER = GoModule(
    "sigs.k8s.io/metrics-server",
    "v0.9.0",
    "h1:nlqqZ2H0Xfko8eJC/1qaNVVT17hu4rxndkOi22KTZ4w=",
    "h1:3TBautywhoi98sWsSf7jmkz5otEFeoRmbGpXf4gut48=",
)
# The newest that Go 1.26.6 takes.
KARPENTER = GoModule(
    "github.com/aws/karpenter-provider-aws",
    "v1.14.1",
    "h1:WGtIQTQcxpElYMdWfWuPwaF2+9muR+hYhPZsTtoY8Gs=",
    "h1:CwiZs59GJgelgcBxVd3kqAmbysxCvOhyE16r6r6PYwY=",
)

# Kubernetes names these by a folder of its own repository, so its go.sum has no sums for them. It names
# sample-cli-plugin and sample-controller too, which nothing imports and no proxy serves at this version.
KUBERNETES_STAGING: tuple[GoModule, ...] = (
    GoModule(
        "k8s.io/api",
        "v0.34.4",
        "h1:Z5hsoQcZ2yBjelb9j5JKzCVo9qv9XLkVm5llnqS4h+0=",
        "h1:6SaGYuGPkMqqCgg8rPG/OQoCrhgSEV+wWn9v21fDP3o=",
    ),
    GoModule(
        "k8s.io/apiextensions-apiserver",
        "v0.34.4",
        "h1:TAh2mEduc27sR7lfEthOL2oNeQuux9pQCEJCVC9Gxrs=",
        "h1:13rZ7iu/F4APVV0I0StgBmhvWBGgjGTDaqi21G0113E=",
    ),
    GoModule(
        "k8s.io/apimachinery",
        "v0.34.4",
        "h1:C5SiSzLEMyWIk53sSbnk0WlOOyqv/MFnWvuc/d6M+xc=",
        "h1:/GwIlEcWuTX9zKIg2mbw0LRFIsXwrfoVxn+ef0X13lw=",
    ),
    GoModule(
        "k8s.io/apiserver",
        "v0.34.4",
        "h1:QmMakuCjlFBJpsXKIUom8OUE7+PhZk7hyNiLqlyDH58=",
        "h1:4dM2Pfd+VQQA/4pLVPorZJbIadaTLcvgQn2GYYcA6Ic=",
    ),
    GoModule(
        "k8s.io/cli-runtime",
        "v0.34.4",
        "h1:QdGWDtJENTskib2Ab304Xwklv+lk4mxz+fd2ng36lZY=",
        "h1:PED/aZzYDUv6nPRGYXCFUnNOVBWlUDlVITu0Q3djDus=",
    ),
    GoModule(
        "k8s.io/client-go",
        "v0.34.4",
        "h1:IXhvzFdm0e897kXtLbeyMpAGzontcShJ/gi/XCCsOLc=",
        "h1:tXIVJTQabT5QRGlFdxZQFxrIhcGUPpKL5DAc4gSWTE8=",
    ),
    GoModule(
        "k8s.io/cloud-provider",
        "v0.34.4",
        "h1:E/MqgeR/oeXMvLMfGcEKtWQjVNBljMcJ58TvBtFVbLs=",
        "h1:nehshDwE1lYM9iGnt8X+LncKW6JvqEq/eN8z8+hURXA=",
    ),
    GoModule(
        "k8s.io/cluster-bootstrap",
        "v0.34.4",
        "h1:TI9uIyvHITiAHorZMwEjPMsSIucKwImNxvbsIbTo094=",
        "h1:ZYYvb+1Dqf2Xf0jlH9y36E1+NbeX95OMOMhHbtihzi0=",
    ),
    GoModule(
        "k8s.io/code-generator",
        "v0.34.4",
        "h1:ri/HSQ1eCQ40pqTQ4HeEiC8UR/SaftH/syav9RL4b+c=",
        "h1:JbvI8dtG5KB5HJSFzExSbvigBSG8gCncyMtdwg/NVbw=",
    ),
    GoModule(
        "k8s.io/component-base",
        "v0.34.4",
        "h1:jP4XqR48YelfXIlRpOHQgms5GebU23zSE6xcvTwpXDE=",
        "h1:uujRfLNOwNiFWz47eBjNZEj/Swn2cdhqI7lW2MeFdrU=",
    ),
    GoModule(
        "k8s.io/component-helpers",
        "v0.34.4",
        "h1:NsYzF6cDjmACfNLhPuInNSeUhCOERZWITvWb4sQPpmE=",
        "h1:LRO0sHo5LAGIh0jrZKngorJC1W54oJrk90q9pQDHM/4=",
    ),
    GoModule(
        "k8s.io/controller-manager",
        "v0.34.4",
        "h1:eBj1Obdj29dS6rtk69jzdnTtu5L7RYwzU6QSiQ2bH4Y=",
        "h1:j1a3/NhjnAIcY8i5mHppvc1v5ZBJ86c/WadjveCLA68=",
    ),
    GoModule(
        "k8s.io/cri-api",
        "v0.34.4",
        "h1:YIiP2h3cehobdnjig19IdKgXJGzeTK2j9VSwH+tfhz4=",
        "h1:4qVUjidMg7/Z9YGZpqIDygbkPWkg3mkS1PvOx/kpHTE=",
    ),
    GoModule(
        "k8s.io/cri-client",
        "v0.34.4",
        "h1:Sy6gyeYitGvdswpMi1vM2iHSYk9PUyLsr5qrYG4HeVo=",
        "h1:WTTksLTMDjq68gT44kH/TOPP3TgjR6hn/IEdYOmUYyE=",
    ),
    GoModule(
        "k8s.io/csi-translation-lib",
        "v0.34.4",
        "h1:7vldYwrJku7qmo0IBOPqnvTlSToJX6zIZbb8AvdtIW4=",
        "h1:H6roH1JcvrHYg5jXFH8o60vmBxyxw12NCdk9p7mccLE=",
    ),
    GoModule(
        "k8s.io/dynamic-resource-allocation",
        "v0.34.4",
        "h1:sATlV5Zppo/mLJZAGaCwpcaS7G2b1Q6N+sz6Z8iLoqw=",
        "h1:4nt9swsvuxI9Kt7PZySoj1oLbDcdnL10Qwjxdwvqp30=",
    ),
    GoModule(
        "k8s.io/endpointslice",
        "v0.34.4",
        "h1:eMC/S0j/LoRQZCu+HDRHpkXwRUwrU82SoI5rGDDW8jQ=",
        "h1:qVAZuKO4M3FLOICnSxmI7iNbJMy2TXasuQPbbb5s8pA=",
    ),
    GoModule(
        "k8s.io/externaljwt",
        "v0.34.4",
        "h1:hocCPUjDCQVxkbmwdTcE+nckBAYyaJ+W0dnRxTs55DA=",
        "h1:LIqFAVwSkcWVlP3c78wxe2VGmgDySxfqX/wwXzVrV/Q=",
    ),
    GoModule(
        "k8s.io/kms",
        "v0.34.4",
        "h1:jF1s1e0CZsM8UXtzqz8JYIBhI4EQIvZHQ15K28StUJA=",
        "h1:s1CFkLG7w9eaTYvctOxosx88fl4spqmixnNpys0JAtM=",
    ),
    GoModule(
        "k8s.io/kube-aggregator",
        "v0.34.4",
        "h1:b2Y07+HfImko/ru5BSMsWOSndGJ7+gc5AyZe/rgc+wI=",
        "h1:L2u+9yLYVB5v9+np9EInd63aq5uwN+pnHrlVNaEi8Jc=",
    ),
    GoModule(
        "k8s.io/kube-controller-manager",
        "v0.34.4",
        "h1:vToHfS/P6RtJVR32SjQ7YvwEm6vc9ysORG/mvyx+ZAU=",
        "h1:6iJyBAMTm5sxzG9d+dN7iLvrrb20B7qHsnDPnOs1DWo=",
    ),
    GoModule(
        "k8s.io/kube-proxy",
        "v0.34.4",
        "h1:i6qeYH92t7n2Tc5FqZKE1NDTJwCLUHya/C+jgB7FrG8=",
        "h1:LNG9yjXHg21vAsjzTDIglhkozfeHL1O9SlDnqQd2j8E=",
    ),
    GoModule(
        "k8s.io/kube-scheduler",
        "v0.34.4",
        "h1:7jbPcmUi8de9RJCRweBjVKQZGcrZmqtexed9DFUp3hU=",
        "h1:KnCFcDG/5+7n1VHzifsjNanUz/IEf8Xnbne4f/ZOP70=",
    ),
    GoModule(
        "k8s.io/kubectl",
        "v0.34.4",
        "h1:60NkmD2prPpAJIl81CO6QkQXJ2UlhH5LGIpFxlqK9D8=",
        "h1:Yqa6hDnryvuHFWA/NwJExnSATXMdPeMtOZstdTXeeIM=",
    ),
    GoModule(
        "k8s.io/kubelet",
        "v0.34.4",
        "h1:+8aLwtoZSUnE7HLxjrAYNtlJFzlwxQ4UBleyaW4JzA8=",
        "h1:UXC4EdusJtlx041deQJ/h+xTaI9QsYPb3WEgcRTg46g=",
    ),
    GoModule(
        "k8s.io/metrics",
        "v0.34.4",
        "h1:u/0EwE8M1BHwlfDUjyAlDInm8Y545lQ6lU2bZTvq/tE=",
        "h1:rH8Uul1TDHXdbBwuRh9ilZpUOfPiUJu99GhbYSE2X90=",
    ),
    GoModule(
        "k8s.io/mount-utils",
        "v0.34.4",
        "h1:vKIlbZmA1hDeHNPjEupkRFWra0ezwMum84GHiMdHIus=",
        "h1:MIjjYlqJ0ziYQg0MO09kc9S96GIcMkhF/ay9MncF0GA=",
    ),
    GoModule(
        "k8s.io/pod-security-admission",
        "v0.34.4",
        "h1:p0mjfXZHtknqO+imC4/jz9XOSxLB8B/sWnxMYAcNyao=",
        "h1:74ZOQa1fENWOc/E/CaEcL2iBLtbZhb55EuxnjldsQ/Y=",
    ),
    GoModule(
        "k8s.io/sample-apiserver",
        "v0.34.4",
        "h1:gYEcaxmgz5muvoV4I+o6CGCXENNr8TgCUqMa6xsNL3A=",
        "h1:I2S/TfZ+pDGO56kKW9s9ncayblWXnoChiMeg597G/wQ=",
    ),
)

MODULES: tuple[GoModule, ...] = (
    KUBERNETES,
    ETCD,
    COREDNS,
    LOCAL_PATH_PROVISIONER,
    KIND,
    HELM,
    PULUMI_CLI,
    PULUMI_SDK,
    PULUMI_LANGUAGE_HOST,
    HEY,
    CERT_MANAGER,
    GATEWAY_API,
    ISTIO,
    KNATIVE_SERVING,
    KNATIVE_OPERATOR,
    KNATIVE_GATEWAY_API,
    KNATIVE_KOURIER,
    KSERVE,
    KUBE_RBAC_PROXY,
    METRICS_SERVER,
    KARPENTER,
    NODE_FEATURE_DISCOVERY,
    *KUBERNETES_STAGING,
)
"""The whole table."""
