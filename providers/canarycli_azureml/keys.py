"""The settings of an Azure ML endpoint, as canary.yaml and the command line have them."""

from canarycli.declared import FAILURES, Key, Keys
from canarycli_azureml.offered import WORD

CLOUDS = ("public", "usgov", "china", "AzureCloud", "AzureUSGovernment", "AzureChinaCloud")
"""Ours and Azure's own words for its clouds."""

KEYS: Keys = {
    "subscription": Key(says="its id; else AZURE_SUBSCRIPTION_ID"),
    "resource_group": Key(says="that the workspace is in"),
    "workspace": Key(says="that the endpoint is in"),
    "cloud": Key(says=", ".join(CLOUDS), among=CLOUDS),
    "failures": FAILURES,
}

STORE = WORD
"""The word of its own store of metrics."""

HOSTS = ("azure.com", "azure.us", "azure.cn", "usgovcloudapi.net", "chinacloudapi.cn")
"""The domains of the cloud itself: they may get its credentials."""
