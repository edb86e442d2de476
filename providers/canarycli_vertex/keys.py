"""The settings of a Vertex AI endpoint, as canary.yaml and the command line have them."""

from canarycli.declared import FAILURES, Key, Keys
from canarycli_vertex.offered import WORD

KEYS: Keys = {
    "project": Key(says="its id; else GOOGLE_CLOUD_PROJECT"),
    "region": Key(says="such as europe-west4"),
    "impersonate": Key(says="the service account to act as"),
    "monitoring_url": Key(says="another address for Cloud Monitoring"),
    "failures": FAILURES,
}

STORE = WORD
"""The word of its own store of metrics."""

HOSTS = ("googleapis.com",)
"""The domains of the cloud itself: they may get its credentials."""
