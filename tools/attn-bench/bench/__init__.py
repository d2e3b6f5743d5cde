"""Rows, sides and turns of attn-bench."""
