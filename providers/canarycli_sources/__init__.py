"""Sources of figures that no endpoint's cloud has: Prometheus, JSON over HTTP, SQL, warehouses.

One file a kind; what they share is how a store is asked over HTTP (`web`, `auth`) or in SQL
(`sql`), what rows must look like (`rows`), and which keys every source has (`settings`). A store
in a cloud is asked by the thin client of that cloud's provider. Nothing is imported here: each
kind brings only its own packages.
"""
