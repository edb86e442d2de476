"""The settings of a SageMaker endpoint, as canary.yaml and the command line have them."""

from canarycli.declared import FAILURES, Key, Keys

KEYS: Keys = {
    "profile": Key(says="of the AWS configuration; never a key"),
    "region": Key(says="else AWS_REGION"),
    "failures": FAILURES,
}
