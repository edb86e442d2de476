"""A rollback on SageMaker as one would write it in an afternoon: boto3."""

import sys

import boto3


def main() -> None:
    """Send all traffic of an endpoint to its baseline, and read it back."""
    endpoint, baseline, candidate = sys.argv[1:]
    client = boto3.client("sagemaker")
    client.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": baseline, "DesiredWeight": 100},
            {"VariantName": candidate, "DesiredWeight": 0},
        ],
    )
    seen = client.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    print({variant["VariantName"]: variant["CurrentWeight"] for variant in seen})


if __name__ == "__main__":
    main()
