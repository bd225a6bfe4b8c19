//! Texts in tables that a spreadsheet may open: on their way out none is a formula, and on their way in they are what they were.

/// The text as no spreadsheet takes it for a formula: with a `'` before what would make it one, and before a `'` that stands
/// there itself. U+0000, with which no table can be read again, is left out.
pub(crate) fn guarded(text: &str) -> String {
    let text = text.replace('\0', "");
    if is_formula(text.trim_start_matches('\'')) { format!("'{text}") } else { text }
}

/// The text without the mark that [`guarded`] puts before it.
pub(crate) fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_formula(rest.trim_start_matches('\''))).unwrap_or(text)
}

fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_a_text() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("", ""),
            ("'=1", "''=1"),
            ("'", "'"),
            ("'90s", "'90s"),
            ("Coffee = good", "Coffee = good"),
            (" =1", " =1"),
            ("\0=1", "'=1"),
        ] {
            assert_eq!(guarded(text), cell);
        }
    }

    proptest! {
        #[test]
        fn every_text_is_what_it_was(text in "['=+@a\t-]{0,6}") {
            let cell = guarded(&text);
            prop_assert_eq!(unguarded(&cell), text);
        }
    }
}
