"""What people and programs see: lines, frames, tables, prompts, errors, marks for CI."""
