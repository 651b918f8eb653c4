"""What each command takes, added to its parser; nothing is imported but what parsing needs."""
