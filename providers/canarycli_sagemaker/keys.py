"""The settings of a SageMaker endpoint, as canary.yaml and the command line have them."""

from canarycli.declared import FAILURES, Key, Keys
from canarycli_sagemaker.offered import CUSTOM_SOURCE

KEYS: Keys = {
    "profile": Key(says="of the AWS configuration; never a key"),
    "region": Key(says="else AWS_REGION"),
    "failures": FAILURES,
}

STORE = CUSTOM_SOURCE
"""The word of its own store of metrics."""

HOSTS = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "c2s.ic.gov", "sc2s.sgov.gov")
"""The domains of the cloud itself: they may get its credentials."""
