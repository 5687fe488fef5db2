"""What do staff see? `blueprint(parts)` is all that `app.py` needs."""

from console.pages import blueprint
from console.parts import ConsoleParts, OidcSettings
from console.staff import ensure_first_admin, new_password

__all__ = ["ConsoleParts", "OidcSettings", "blueprint", "ensure_first_admin", "new_password"]
