"""The floor that looks, decides, saves and acts: store, provider and clock meet here only."""
