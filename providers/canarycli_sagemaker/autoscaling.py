"""Application Auto Scaling of variants: read, set aside, put back."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from canarycli.errors import Denied, NotFound, ProviderError
from canarycli.late_methods import dataclass
from canarycli_sagemaker.answers import checked
from canarycli_sagemaker.api import Clients

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
POLICY_WORDS = (
    "PolicyName",
    "PolicyType",
    "TargetTrackingScalingPolicyConfiguration",
    "StepScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
)
"""What DescribeScalingPolicies says that PutScalingPolicy takes."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """How one variant scales: between so many instances, by these policies."""

    version: str
    least: int
    most: int
    policies: tuple[Mapping[str, Any], ...] = ()
    suspended: Mapping[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class Autoscaling:
    """The scalable targets of endpoints."""

    clients: Clients

    def of(self, endpoint: str, versions: Collection[str]) -> dict[str, Scaling]:
        """The variants that scale by themselves; the others are not in it. No policies read."""
        doing = f"look at the autoscaling of endpoint {endpoint!r}"
        asked: dict[str, Any] = {
            "ServiceNamespace": NAMESPACE,
            "ResourceIds": [_resource(endpoint, version) for version in versions],
            "ScalableDimension": DIMENSION,
        }
        found: dict[str, Scaling] = {}
        while True:
            with self.clients.asking(doing):
                answer = self.clients.autoscaling.describe_scalable_targets(**asked)
            answer = checked(answer, doing, "ScalableTargets")
            found.update(_parsed(target) for target in answer["ScalableTargets"])
            if not answer.get("NextToken"):
                return found
            asked["NextToken"] = answer["NextToken"]

    def policies(self, endpoint: str, version: str) -> tuple[Mapping[str, Any], ...]:
        """The scaling policies of one variant, as PutScalingPolicy takes them."""
        doing = f"look at the scaling policies of {version!r}"
        with self.clients.asking(doing):
            answer = self.clients.autoscaling.describe_scaling_policies(
                ServiceNamespace=NAMESPACE,
                ResourceId=_resource(endpoint, version),
                ScalableDimension=DIMENSION,
            )
        answer = checked(answer, doing, "ScalingPolicies")
        return tuple(
            {word: policy[word] for word in POLICY_WORDS if policy.get(word)}
            for policy in answer["ScalingPolicies"]
        )

    def put(self, endpoint: str, scaling: Scaling) -> None:
        """Register a variant, or change its bounds, with the policies given."""
        where = _where(endpoint, scaling.version)
        more = {"SuspendedState": dict(scaling.suspended)} if scaling.suspended else {}
        with self.clients.asking(f"register {scaling.version!r} for scaling"):
            self.clients.autoscaling.register_scalable_target(
                **where, MinCapacity=scaling.least, MaxCapacity=scaling.most, **more
            )
            for policy in scaling.policies:
                self.clients.autoscaling.put_scaling_policy(**where, **policy)

    def take_away(self, endpoint: str, version: str) -> None:
        """Deregister a variant; AWS deletes its policies with it. Not registered is fine."""
        try:
            with self.clients.asking(f"deregister {version!r} from scaling"):
                self.clients.autoscaling.deregister_scalable_target(**_where(endpoint, version))
        except NotFound:
            return

    def copy(self, endpoint: str, source: str, to: str) -> bool:
        """Let one variant scale like another; False if that one does not."""
        found = self.of(endpoint, [source]).get(source)
        if found is None:
            return False
        policies = self.policies(endpoint, source)
        self.put(endpoint, Scaling(to, found.least, found.most, policies, found.suspended))
        return True

    @contextmanager
    def set_aside(self, endpoint: str, version: str) -> Iterator[None]:
        """Deregister a variant while it is being removed; put it back if that is refused.

        Who may not look at autoscaling goes on without: SageMaker then refuses by itself.
        """
        try:
            found = self.of(endpoint, [version]).get(version)
        except Denied:
            found = None
        if found is None:
            yield
            return
        policies = self.policies(endpoint, version)
        self.take_away(endpoint, version)
        try:
            yield
        except ProviderError:
            whole = Scaling(version, found.least, found.most, policies, found.suspended)
            self.put(endpoint, whole)
            raise


def _resource(endpoint: str, version: str) -> str:
    return f"endpoint/{endpoint}/variant/{version}"


def _where(endpoint: str, version: str) -> dict[str, str]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": _resource(endpoint, version),
        "ScalableDimension": DIMENSION,
    }


def _parsed(target: Mapping[str, Any]) -> tuple[str, Scaling]:
    version = str(target["ResourceId"]).rpartition("/")[2]
    least, most = int(target["MinCapacity"]), int(target["MaxCapacity"])
    return version, Scaling(version, least, most, (), target.get("SuspendedState"))
