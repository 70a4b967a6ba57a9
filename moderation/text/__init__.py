"""Everything about strings: folding, listed words, patterns, links and languages."""
