"""Sources of figures that no endpoint's cloud has: Prometheus, JSON over HTTP, PostgreSQL.

One file a kind; what they share is how a store is asked over HTTP (`web`, `auth`), what rows must
look like (`rows`), and which keys every source has (`settings`). Nothing is imported here: each
kind brings only its own packages.
"""
