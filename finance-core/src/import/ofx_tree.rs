//! The elements of an OFX file.
//!
//! OFX 1 is SGML whose leaves need not end, OFX 2 is XML, and banks write much in between. One reader of XML takes both: an element
//! with a text is a leaf and ends where the next one begins, and so is one of a name that never ends in the file.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::ImportError;

/// Elements inside each other at the most.
const DEPTH_MAX: usize = 40;

/// An element with what is in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// In capitals.
    pub(super) name: String,
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The elements of this name inside, at any depth, outermost only.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            } else {
                found.extend(child.all(name));
            }
        }
        found
    }

    /// The first element of this name inside, at any depth.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }

    /// The text of the first element of this name inside, unless it is empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.find(name).map(|leaf| leaf.text.trim()).filter(|text| !text.is_empty())
    }
}

/// Where the elements begin.
pub(super) fn start(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find('<') {
        let at = from + at;
        let name = text.as_bytes().get(at + 1..at + 4)?;
        let end = text.as_bytes().get(at + 4).copied();
        if name.eq_ignore_ascii_case(b"OFX")
            && end.is_some_and(|end| end == b'>' || end.is_ascii_whitespace())
        {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Reads the elements from the one called `OFX` on.
pub(super) fn read(text: &str) -> Result<Element, ImportError> {
    let start = start(text).ok_or(ImportError::NotRecognised)?;
    let mut tree = Tree { lines: Lines::new(text), open: Vec::new(), ending: ending_names(&text[start..]) };
    let mut reader = Reader::from_str(&text[start..]);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    loop {
        let at = start + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX - start);
        let event = reader.read_event();
        let event = event.map_err(|error| tree.malformed(at, &error.to_string()))?;
        match event {
            Event::Start(tag) => tree.open(tag.name().as_ref(), at)?,
            Event::Empty(tag) => {
                let name = tag.name().as_ref().to_owned();
                tree.open(&name, at)?;
                tree.close(&name);
            }
            Event::End(tag) => {
                if let Some(root) = tree.close(tag.name().as_ref()) {
                    return Ok(root);
                }
            }
            Event::Text(text) => tree.add(&text.xml10_content()),
            Event::CData(text) => tree.add(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => tree.add(c.encode_utf8(&mut [0; 4])),
                    _ => tree.add(entity(&name).unwrap_or(&format!("&{name};"))),
                }
            }
            Event::Eof => return Err(tree.malformed(text.len(), "the file ends before </OFX>")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn entity(name: &str) -> Option<&'static str> {
    Some(match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => " ",
        _ => return None,
    })
}

/// The names, in capitals, of elements that end somewhere.
fn ending_names(text: &str) -> HashSet<String> {
    let ends = text.split("</").skip(1).filter_map(|rest| rest.split_once('>'));
    ends.map(|(name, _)| name.trim().to_ascii_uppercase()).filter(|name| name.len() <= 40).collect()
}

struct Tree<'a> {
    lines: Lines<'a>,
    open: Vec<Element>,
    ending: HashSet<String>,
}

impl Tree<'_> {
    fn malformed(&mut self, at: usize, what: &str) -> ImportError {
        ImportError::Malformed { line: self.lines.of(at), what: what.chars().take(200).collect() }
    }

    /// Whether the innermost open element takes no more elements.
    fn leaf_is_open(&self) -> bool {
        let leaf = |element: &Element| {
            let has_text = element.children.is_empty() && !element.text.trim().is_empty();
            has_text || !self.ending.contains(&element.name)
        };
        self.open.len() > 1 && self.open.last().is_some_and(leaf)
    }

    fn open(&mut self, name: &str, at: usize) -> Result<(), ImportError> {
        let name = name.trim().to_ascii_uppercase();
        while self.leaf_is_open() {
            self.close_innermost();
        }
        // One row is never inside another: the one before it was not ended.
        if name == "STMTTRN" && self.open.iter().any(|element| element.name == name) {
            self.close(&name);
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(self.malformed(at, "elements stand too deep inside each other"));
        }
        let line = self.lines.of(at);
        self.open.push(Element { name, line, ..Element::default() });
        Ok(())
    }

    /// Ends the innermost open element of this name and those inside it; returns the outermost element when it ends.
    fn close(&mut self, name: &str) -> Option<Element> {
        let name = name.trim().to_ascii_uppercase();
        let place = self.open.iter().rposition(|element| element.name == name)?;
        while self.open.len() > place.max(1) {
            self.close_innermost();
        }
        if place == 0 { self.open.pop() } else { None }
    }

    fn close_innermost(&mut self) {
        if self.open.len() > 1
            && let Some(element) = self.open.pop()
            && let Some(parent) = self.open.last_mut()
        {
            parent.children.push(element);
        }
    }

    fn add(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }
}

/// Tells lines of places that come in ascending order.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    fn of(&mut self, at: usize) -> usize {
        let at = at.min(self.text.len());
        if let Some(passed) = self.text.get(self.at..at) {
            let ends = |(place, byte): (usize, &u8)| match byte {
                b'\n' => true,
                b'\r' => self.text.get(self.at + place + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += passed.iter().enumerate().filter(|it| ends((it.0, it.1))).count();
            self.at = at;
        }
        self.line
    }
}
