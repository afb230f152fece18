"""How fast each part is, against a plain baseline that runs in the same process. Every file is a command."""
