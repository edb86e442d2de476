"""What keeps records for a team, on 127.0.0.1, and a network that loses answers.

`gcs` is a Cloud Storage of our own with conditional writes, `proxy` stands in front of any of them,
`azurite` and `postgres` start what is installed, and `moto` plays S3.
"""
