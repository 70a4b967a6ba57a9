"""What a page shows of one comment: its text in safe pieces, its score and its reasons in words."""
