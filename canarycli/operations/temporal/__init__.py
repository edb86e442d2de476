"""Temporal as the engine: it keeps the times of looks, and has another worker go on."""
