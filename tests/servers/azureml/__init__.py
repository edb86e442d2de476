"""Azure as far as canary sees it, on 127.0.0.1: Entra ID, Resource Manager, Azure ML, Monitor.

Run it as a process, and point any unmodified client at it with environment variables:

    PYTHONPATH=tests python -m servers.azureml --port 0 --ca ca.pem    # prints its URL, then serves
    HTTPS_PROXY=<url> REQUESTS_CA_BUNDLE=ca.pem AZURE_TENANT_ID=… AZURE_CLIENT_ID=… \\
        AZURE_CLIENT_SECRET=… canary …

It is an HTTP proxy that answers CONNECT for any host with TLS of its own, under an authority made
at start, so real host names, scopes and the real token flow are used. Any client id and secret
will do. There is one workspace, `servers.azureml.running.PLACE`. Changes take time and refuse
each other; GET shows the old split meanwhile. Bodies that Azure ML refuses are refused here.
Time is the machine's plus what `advance` added. `<url>/managed-identity` is an IDENTITY_ENDPOINT.

The control surface, JSON over POST to the URL itself (`running.Server` wraps it):

    /__control/reset       {}: everything as after the start; tokens given so far are good
    /__control/settings    any field of `state.Settings` by name: endpoint_seconds (0.3) and
                           deployment_seconds (0.6): how long changes take; ingestion_seconds (0):
                           newer minutes of a metric read 0; latency_seconds: and so much longer
                           for latencies; page_size; next_host; newest_first; granted: actions the
                           caller has (patterns, null for all); secret: the only one accepted; the
                           other answer where no source confirms one: unready_traffic "reject",
                           patch_properties "reject" or "apply", deployment_blocks_endpoint true,
                           rollup "sum", missing "zero" or "drop", strict_aggregation false,
                           shadow_counts false, merge_tags false, system_data false;
                           storage_closed true: nobody may write blobs
    /__control/advance     {seconds}: let time pass; answers {now}
    /__control/now         {}: {now}, seconds since the epoch
    /__control/workspace   {subscription, group, name, location}: another workspace
    /__control/endpoint    {name, traffic, mirror, tags, identity, kind, properties,
                           deployments: {name: {model, capacity, state, log, tags, properties}}}:
                           an endpoint in service for a long time
    /__control/deployment  {endpoint, name, model, capacity, state, log, tags, properties}: one more
    /__control/asset       {kind ("models"), name, version, created, properties}: registered
    /__control/change      {endpoint, traffic, mirrorTraffic, tags, properties, by}: another
                           writer's change, in force at once, without asking
    /__control/state       {endpoint, deployment, state, log}: put it in a provisioning state
    /__control/fail_next   {name, log, code, message}: the next change of that endpoint or
                           deployment fails with that error, and leaves that log
    /__control/log         {endpoint, deployment, text}: what getLogs answers
    /__control/load        {endpoint, per_minute, since, until, seed, qualities: {deployment:
                           {statuses: {code: share}, latency, spread, cpu, memory, gpu}}}: requests,
                           split as the traffic is, from `since` to `until` (seconds since epoch)
    /__control/requests    {endpoint, requests: [[deployment, at, status, model status, seconds]]}
    /__control/answer      {endpoint, deployment, status, model_status, body, by}: what it answers
                           at its scoring address; each call counts in the metrics
    /__control/values      {endpoint, namespace, name, dimensions, values: [[at, value]]}: a metric
                           of somebody's own
    /__control/blob        {name, text, at}: append to a blob of the workspace's own store
    /__control/logs        {rows: [[at, arm, n, bad]]}: what queries of Log Analytics count; answers
                           {queries}, their texts so far
    /__control/faults      {faults: [{operation, kind, skip, times, retry_after}]}: see
                           `faults.KINDS`; operation is a name of the call log, `endpoint*` or `*`
                           for all but `token`
    /__control/clear       {}: no faults, an empty call log
    /__control/token       {audience}: {token}, as somebody has it who is signed in already
    /__control/stored      {}: {stored: {blob: size}}
    /__control/versions    {name}: {versions} of a registered model
    /__control/expire      {}: tokens given so far are no longer accepted
    /__control/calls       {operation}: {calls: [{operation, action, method, host, path, query,
                           body, status, fault, agent, at}]}
    /__control/history     {endpoint}: {history: [[at, traffic, mirror]]}, every split so far
    /__control/look        {endpoint}: {endpoint, deployments} as they are, not in the call log

`workspace`, `subscription` and `resource_group` beside `endpoint` name another workspace.
"""
