"""A SageMaker and CloudWatch API server on 127.0.0.1 for tests, stricter than moto where AWS is.

Run it as a process and point any AWS client at it:

    PYTHONPATH=tests python -m servers.sagemaker --port 0     # prints its URL, then serves
    AWS_ENDPOINT_URL=<url> AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x canary …

Endpoints, endpoint configs, tags, inference components, invoking and GetMetricData are answered
here, because moto 5.2 accepts what AWS refuses and loses what AWS keeps: changes take time and
refuse each other, weight 0 stays, weights are single precision, a failed UpdateEndpoint goes
back to the old config in silence, statistics come from raw values. Models and model packages are
ours too; S3, alarms, autoscaling and identity are moto's. CloudWatch is spoken in JSON and in the
query protocol of older boto3.

The control surface, JSON over POST (`Server` wraps it):

    /__control/reset      {}: everything as after the start
    /__control/clock      {speed, origin}: from origin (epoch seconds) on, time runs so fast, as on
                          `canarycli.clock.FastClock(speed, origin)`; right after a reset
    /__control/settings   weights_seconds (0.2), update_seconds (0.5): how long changes take;
                          metric_delay_seconds (0): newer points are not there yet;
                          metric_resolution_seconds (null): else the config's, else 60;
                          page_size (null): metric results per page
    /__control/endpoint   {name, variants: {v: {weight, model, instances, type, serverless,
                          component}}, shadow: {v: …}, config: {…}}: an endpoint in service
    /__control/model      {name, …}: a SageMaker model, or other keys of one
    /__control/package    a version of a model package group, in the words of CreateModelPackage
    /__control/made       {}: the models, model packages and tags there are
    /__control/change     {endpoint, weights | counts | status | failure | config}: another
                          writer, in place at once and without asking
    /__control/variants   {endpoint, add: [v], remove: [v]}: another writer's config, at once
    /__control/fail_next  {endpoint, reason}: the next change goes back to how it was
    /__control/settle     {endpoint}: the change under way is over now
    /__control/traffic    {endpoint, rate, backfill_seconds, variants: {v: {errors_5xx, errors_4xx,
                          model_errors, latency_ms, spread, overhead_ms, cpu, silent}}}: requests
                          per second from so long ago until told otherwise; ratios 0 to 1; `since`
                          (epoch seconds) instead of backfill, `split` (shares) instead of weights;
                          `truth` {where, delay}: labels of captured answers so many seconds
                          later, the same as the answer in a variant's `right` of them
    /__control/values     {namespace, name, dimensions, at, values}: raw values, at epoch seconds
    /__control/faults     [{operation ("*" for all), kind, skip, times}]: kind is one of throttle,
                          error, denied, expired, html, truncated, empty, drop_before, drop_after,
                          hang, refuse (with code and message), partial (metric
                          results with StatusCode code); added to the ones there are
    /__control/keep          {where, key, text, at}: an object on S3 as if written at that time
    /__control/clear_faults  {}: no more faults
    /__control/permit     an IAM policy document: nothing else is allowed from now on, {} for all
    /__control/invoke     {endpoint, variant, status, body}: how a variant answers InvokeEndpoint
    /__control/calls      {}: every API call so far: service, operation, params, at, fault,
                          status, protocol, key (the access key id), rights (action and
                          resource of each right it takes), denied (the action a policy lacks)
    /__control/shares     {endpoint}: [[epoch seconds, {variant: percent}], …], every split so far
    /__control/state      {endpoint}: DescribeEndpoint's answer, without a call in the log
"""

from .running import Server, running

__all__ = ["Server", "running"]
