//! Rust source as tokens, so that comments and texts are never mistaken for code.

use std::str::FromStr;

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

/// One token: a word, a literal, one character of punctuation, or a bracket.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
    /// Inside an item under `#[cfg(test)]`.
    pub(crate) test: bool,
}

/// A file of Rust.
#[derive(Debug)]
pub(crate) struct Source {
    /// All tokens in order.
    pub(crate) tokens: Vec<Token>,
    /// The code without its tests: the tokens in order, and every path of each `use` written out in full.
    code: Vec<Vec<Token>>,
    /// How many lines belong to items under `#[cfg(test)]`.
    pub(crate) test_lines: usize,
}

impl Source {
    pub(crate) fn read(text: &str) -> Result<Self, LexError> {
        let mut source = Self { tokens: Vec::new(), code: Vec::new(), test_lines: 0 };
        source.add(TokenStream::from_str(text)?, false);
        source.code = sequences(&source.tokens);
        Ok(source)
    }

    fn add(&mut self, stream: TokenStream, test: bool) {
        let mut trees = stream.into_iter().peekable();
        let mut test_item_start = None;
        while let Some(tree) = trees.next() {
            if !test
                && matches!(&tree, TokenTree::Punct(hash) if hash.as_char() == '#')
                && trees.peek().is_some_and(is_test_attribute)
            {
                test_item_start.get_or_insert(tree.span().start().line);
            }
            let ends_item = match &tree {
                TokenTree::Punct(semicolon) => semicolon.as_char() == ';',
                TokenTree::Group(body) => body.delimiter() == Delimiter::Brace,
                _ => false,
            };
            let last_line = tree.span().end().line;
            self.add_tree(tree, test || test_item_start.is_some());
            if ends_item && let Some(first_line) = test_item_start.take() {
                self.test_lines += last_line - first_line + 1;
            }
        }
    }

    fn add_tree(&mut self, tree: TokenTree, test: bool) {
        let mut push = |text: String, line| self.tokens.push(Token { text, line, test });
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned(), group.span_open().start().line);
                self.add(group.stream(), test);
                let line = group.span_close().start().line;
                self.tokens.push(Token { text: close.to_owned(), line, test });
            }
            other => push(other.to_string(), other.span().start().line),
        }
    }

    /// The lines of the code without its tests where `pattern`, itself Rust tokens, occurs.
    pub(crate) fn lines_with(&self, pattern: &str) -> Vec<usize> {
        let pattern = Self::read(pattern).expect("a pattern is Rust").tokens;
        let same = |window: &[Token]| window.iter().zip(&pattern).all(|(one, other)| one.text == other.text);
        let mut lines = Vec::new();
        for sequence in &self.code {
            let found = sequence.windows(pattern.len()).filter(|window| same(window));
            lines.extend(found.map(|window| window[window.len() - 1].line));
        }
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

fn sequences(tokens: &[Token]) -> Vec<Vec<Token>> {
    let code: Vec<Token> = tokens.iter().filter(|token| !token.test).cloned().collect();
    let mut sequences = Vec::new();
    for at in 1..code.len() {
        // `use<...>` of a return type is no import.
        if code[at - 1].text == "use" && code[at].text != "<" {
            write_out(&[], &mut code[at..].iter(), &mut sequences);
        }
    }
    sequences.push(code);
    sequences
}

/// Consumes the paths of one `use` up to the end of its group or statement.
fn write_out(prefix: &[Token], tokens: &mut std::slice::Iter<'_, Token>, paths: &mut Vec<Vec<Token>>) {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.next() {
        match token.text.as_str() {
            "{" => write_out(&path, tokens, paths),
            "," => paths.push(std::mem::replace(&mut path, prefix.to_vec())),
            "}" | ";" => break,
            _ => path.push(token.clone()),
        }
    }
    paths.push(path);
}

fn is_test_attribute(tree: &TokenTree) -> bool {
    let text: String = tree.to_string().split_whitespace().collect();
    text == "[cfg(test)]" || text.starts_with("[cfg(all(test,")
}

const SAMPLE: &str = r#"
        //! unwrap() in a comment
        use std::{collections::HashMap, fs::{self, File}};
        /// x.unwrap()
        fn f<'a>() -> &'static str { "x.unwrap() // " }
        #[cfg(test)]
        mod tests {
            fn g() { x.unwrap() }
        }
        #[cfg(not(test))]
        fn h() { x.
            unwrap() }
        #[cfg(test)] use a::b;
        use c::d;
    "#;

#[test]
fn finds_code_and_nothing_else() {
    let source = Source::read(SAMPLE).unwrap();
    assert_eq!(source.lines_with(".unwrap()"), [12]);
    assert_eq!(source.lines_with("std::fs"), [3]);
    assert_eq!(source.lines_with("std::collections::HashMap"), [3]);
    assert_eq!(source.lines_with("std::File"), [0_usize; 0]);
    assert_eq!(source.lines_with("a::b"), [0_usize; 0]);
    assert_eq!(source.lines_with("c::d"), [14]);
    assert_eq!(source.test_lines, 5);
}
