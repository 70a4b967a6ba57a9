"""The words of pages in the reader's language, as Flask-Babel has them, but with less asking on the way.

A page says some five hundred: Flask-Babel looks for its own state, the domain and the catalogue at each of them.
"""

from babel.support import NullTranslations
from flask import g
from flask_babel import Domain


class OncePerRequest(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Looks for the catalogue of a page once."""

    def get_translations(self) -> NullTranslations:
        try:
            return g.catalogue  # type: ignore[no-any-return]
        except AttributeError:
            g.catalogue = super().get_translations()
            return g.catalogue  # type: ignore[no-any-return]
        except RuntimeError:  # outside a request, as in a command
            return super().get_translations()  # type: ignore[no-any-return]


DOMAIN = OncePerRequest()

gettext, ngettext, lazy_gettext = DOMAIN.gettext, DOMAIN.ngettext, DOMAIN.lazy_gettext
