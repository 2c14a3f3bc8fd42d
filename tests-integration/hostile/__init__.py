"""Servers that want to harm who asks them: they never stop, or announce what nobody could hold."""
