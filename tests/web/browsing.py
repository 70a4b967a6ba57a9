"""What browser tests ask of a page and of the database behind it."""

from moderation.storage.tables import Comment


def state_of(database, comment):
    with database.read() as session:
        return session.get_one(Comment, comment.id).state


def focused(page):
    return page.evaluate("document.activeElement.closest('.card')?.id ?? ''")
