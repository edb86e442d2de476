"""All rules of a release: what is recorded, what people may ask, and what to do next. Pure."""
