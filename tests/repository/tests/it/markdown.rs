//! The parts of a Markdown file that rules look at.

/// A piece of code on one line: a line of a fenced block, or a span between backticks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Code<'a> {
    pub(crate) line: usize,
    pub(crate) text: &'a str,
}

/// A fenced block, with the line after its opening fence.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) text: String,
}

/// A text's lines by what they are.
#[derive(Debug, Default)]
pub(crate) struct Markdown<'a> {
    pub(crate) code: Vec<Code<'a>>,
    pub(crate) blocks: Vec<Block>,
    /// Lines outside blocks.
    pub(crate) prose: Vec<(usize, &'a str)>,
}

impl<'a> Markdown<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let mut markdown = Self::default();
        let mut block: Option<Block> = None;
        for (line, text) in text.lines().enumerate().map(|(at, text)| (at + 1, text)) {
            let fence = text.trim_start().strip_prefix("```");
            match (&mut block, fence) {
                (None, Some(language)) => {
                    let language = language.split([',', ' ']).next().unwrap_or_default().to_owned();
                    block = Some(Block { line: line + 1, language, text: String::new() });
                }
                (None, None) => {
                    markdown.prose.push((line, text));
                    let spans = text.split('`').skip(1).step_by(2);
                    markdown.code.extend(spans.map(|text| Code { line, text }));
                }
                (Some(_), Some(_)) => markdown.blocks.extend(block.take()),
                (Some(open), None) => {
                    markdown.code.push(Code { line, text });
                    open.text.push_str(text);
                    open.text.push('\n');
                }
            }
        }
        markdown
    }

    /// The targets of links, with their lines.
    pub(crate) fn links(&self) -> Vec<(usize, &'a str)> {
        let mut links = Vec::new();
        for &(line, text) in &self.prose {
            for rest in text.split("](").skip(1) {
                let target = rest.split([')', ' ']).next().unwrap_or_default();
                links.push((line, target));
            }
            if let Some((_, target)) = text.split_once("]: ").filter(|(label, _)| label.starts_with('[')) {
                links.push((line, target.trim()));
            }
        }
        links
    }
}

#[test]
fn reads_spans_blocks_and_links() {
    let text = "Run `make test`, see [a](b.md#c) and `x`.\n```toml,x\n[d](e)\n```\n[f]: g.md\n";
    let markdown = Markdown::read(text);
    let code: Vec<(usize, &str)> = markdown.code.iter().map(|code| (code.line, code.text)).collect();
    assert_eq!(code, [(1, "make test"), (1, "x"), (3, "[d](e)")]);
    let Block { line, language, text } = &markdown.blocks[0];
    assert_eq!((*line, language.as_str(), text.as_str()), (3, "toml", "[d](e)\n"));
    assert_eq!(markdown.links(), [(1, "b.md#c"), (5, "g.md")]);
}
