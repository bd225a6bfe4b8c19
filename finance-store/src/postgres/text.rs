//! Texts as PostgreSQL keeps them: it has no U+0000.

use std::borrow::Cow;

/// What stands before a `0` for U+0000, and before another one for itself.
const ESCAPE: char = '\u{1a}';

/// The text to store.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut stored = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '\0' => stored.extend([ESCAPE, '0']),
            ESCAPE => stored.extend([ESCAPE, ESCAPE]),
            other => stored.push(other),
        }
    }
    Cow::Owned(stored)
}

/// The text that was stored.
pub(super) fn unescaped(stored: &str) -> Cow<'_, str> {
    if !stored.contains(ESCAPE) {
        return Cow::Borrowed(stored);
    }
    let mut text = String::with_capacity(stored.len());
    let mut letters = stored.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ESCAPE => match letters.next() {
                Some('0') => text.push('\0'),
                other => text.extend(other),
            },
            other => text.push(other),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_texts_stay_as_they_are() {
        for text in ["", "a", "☕ \\0 %00"] {
            assert_eq!((escaped(text), unescaped(text)), (Cow::Borrowed(text), Cow::Borrowed(text)));
        }
        assert_eq!(escaped("a\0b\u{1a}"), "a\u{1a}0b\u{1a}\u{1a}");
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "[\0\u{1a}0a]{0,8}|.{0,8}") {
            let stored = escaped(&text);
            prop_assert!(!stored.contains('\0'));
            prop_assert!(unescaped(&stored) == text.as_str(), "{text:?}");
        }
    }
}
