"""Registers: give a saved model its number, its semantic version and its alias."""
