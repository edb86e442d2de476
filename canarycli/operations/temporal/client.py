"""Reaches Temporal: where it is, the workflow of a release, a poke of it."""

from collections.abc import Mapping
from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from canarycli.errors import CanaryError, Denied, UsageError
from canarycli.late_methods import dataclass
from canarycli.operations.temporal.place import Place
from canarycli.operations.temporal.workflow import Aim, ReleaseWorkflow
from canarycli.release.record import Release

PATIENCE = timedelta(seconds=10)
"""How long one question to Temporal may take."""

HURRIED = timedelta(seconds=2)
"""The same where the question is not needed."""

OPEN = "WorkflowType = 'canary-release' AND ExecutionStatus = 'Running'"
"""Asks for the releases that are left to Temporal, of whichever records."""

ATTRIBUTES = ("CanaryEndpoint", "CanaryState", "CanaryShare")
"""What a release can be searched by, each a keyword, once the namespace knows it."""


@dataclass(frozen=True, slots=True)
class Temporal:
    """One namespace of a server, and the queue that workers of canary's wait at."""

    client: Client
    queue: str
    patience: timedelta = PATIENCE

    @classmethod
    async def at(
        cls, place: Place, env: Mapping[str, str], patience: timedelta = PATIENCE
    ) -> "Temporal":
        """The one of that place; what Temporal's own variables and profile say comes first.

        Raises:
            CanaryError: it does not answer, or refuses.
        """
        try:
            said = ClientConfig.load_client_connect_config(override_env_vars=dict(env))
        except (RuntimeError, ValueError) as error:
            raise UsageError(f"Temporal's own configuration makes no sense: {error}") from error
        known = {"target_host": place.address, "namespace": place.namespace}
        where = {**known, **{name: value for name, value in said.items() if value is not None}}
        try:
            client = await Client.connect(connect_timeout=patience, **where)  # type: ignore[arg-type] # typed by key there
            await client.workflow_service.describe_namespace(
                _namespace(client), timeout=patience, retry=False
            )
        except RPCError as error:
            raise _translated(error, str(where["namespace"])) from error
        except RuntimeError as error:
            raise CanaryError(
                f"Temporal does not answer at {where['target_host']}",
                facts=[str(error).splitlines()[0][:200]],
                hint="TEMPORAL_ADDRESS, or address: below state: in canary.yaml, says where it is",
            ) from error
        return cls(client, place.queue, patience)

    async def begin(self, release: Release) -> None:
        """Have a workflow for the release; the one there is, if there is one.

        Raises:
            CanaryError: Temporal does not answer, or refuses.
        """
        try:
            await self.client.start_workflow(
                ReleaseWorkflow.run,
                Aim(release.key, release.id),
                id=workflow_id(release),
                task_queue=self.queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=f"{release.endpoint}: {release.name}",
                rpc_timeout=self.patience,
            )
        except RPCError as error:
            raise _translated(error, self.client.namespace) from error

    async def poke(self, release: Release) -> bool:
        """Have the release looked at now; False where it has no open workflow."""
        handle = self.client.get_workflow_handle(workflow_id(release))
        try:
            await handle.signal(ReleaseWorkflow.poke, rpc_timeout=self.patience)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise _translated(error, self.client.namespace) from error
        return True

    async def running(self) -> frozenset[str]:
        """The id of every workflow of a release that is open, as far as it can be searched yet.

        Raises:
            CanaryError: Temporal does not answer, or refuses.
        """
        found = self.client.list_workflows(OPEN, page_size=1000, rpc_timeout=self.patience)
        try:
            return frozenset([one.id async for one in found])
        except RPCError as error:
            raise _translated(error, self.client.namespace) from error

    async def attributes(self) -> frozenset[str]:
        """Those of our search attributes that the namespace knows; none where it won't say."""
        asked = ListSearchAttributesRequest(namespace=self.client.namespace)
        try:
            found = await self.client.operator_service.list_search_attributes(
                asked, timeout=self.patience, retry=False
            )
        except RPCError:
            return frozenset()
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        known = {name for name, kind in found.custom_attributes.items() if kind == keyword}
        return frozenset(ATTRIBUTES) & known


def workflow_id(release: Release) -> str:
    """What the workflow of a release is called."""
    return f"canary/{release.id}"


def _namespace(client: Client) -> DescribeNamespaceRequest:
    return DescribeNamespaceRequest(namespace=client.namespace)


def _translated(error: RPCError, namespace: str) -> CanaryError:
    match error.status:
        case RPCStatusCode.PERMISSION_DENIED | RPCStatusCode.UNAUTHENTICATED:
            return Denied(
                f"Temporal refuses: {error.message}", hint="TEMPORAL_API_KEY, or a certificate"
            )
        case RPCStatusCode.NOT_FOUND:
            return UsageError(
                f"Temporal has no namespace {namespace!r}",
                hint="TEMPORAL_NAMESPACE, or namespace: below state: in canary.yaml, names it",
            )
    return CanaryError(f"Temporal does not answer: {error.message}")
