//! What the services with a query protocol answer, as a tree of elements.

use xmlparser::{ElementEnd, Token, Tokenizer};

/// A document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum XmlError {
    /// It is not well-formed.
    #[error("the answer is not XML")]
    Malformed(#[from] xmlparser::Error),
    /// It ends before its root element does, or closes an element that is not open.
    #[error("the answer is not complete XML")]
    Incomplete,
}

/// An element: its name, and either children or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// The name without a prefix.
    pub name: String,
    /// The text; empty if there are children.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a document.
    pub fn parse(document: &str) -> Result<Self, XmlError> {
        let mut open: Vec<Self> = Vec::new();
        for token in Tokenizer::from(document) {
            match token? {
                Token::ElementStart { local, .. } => open.push(Self {
                    name: local.as_str().to_owned(),
                    text: String::new(),
                    children: Vec::new(),
                }),
                Token::Text { text } => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&unescaped(text.as_str()));
                    }
                }
                Token::Cdata { text, .. } => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(text.as_str());
                    }
                }
                Token::ElementEnd {
                    end: ElementEnd::Close(..) | ElementEnd::Empty,
                    ..
                } => {
                    let mut closed = open.pop().ok_or(XmlError::Incomplete)?;
                    if !closed.children.is_empty() {
                        closed.text.clear();
                    }
                    match open.last_mut() {
                        Some(parent) => parent.children.push(closed),
                        None => return Ok(closed),
                    }
                }
                Token::ElementEnd {
                    end: ElementEnd::Open,
                    ..
                }
                | Token::Declaration { .. }
                | Token::ProcessingInstruction { .. }
                | Token::Comment { .. }
                | Token::DtdStart { .. }
                | Token::EmptyDtd { .. }
                | Token::EntityDeclaration { .. }
                | Token::DtdEnd { .. }
                | Token::Attribute { .. } => {}
            }
        }
        Err(XmlError::Incomplete)
    }

    /// The first element with this name in here, at whatever depth.
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| {
            if child.name == name {
                Some(child)
            } else {
                child.find(name)
            }
        })
    }

    /// The text of the child with this name; empty if there is none.
    pub fn text_of(&self, name: &str) -> &str {
        let child = self.children.iter().find(|child| child.name == name);
        child.map_or("", |child| child.text.as_str())
    }

    /// The entries (`member`) of the list with this name in here.
    pub fn members(&self, list: &str) -> impl Iterator<Item = &Self> {
        let list = self.children.iter().filter(move |child| child.name == list);
        list.flat_map(|list| &list.children)
            .filter(|child| child.name == "member")
    }
}

/// Text with its references resolved: the five of XML (section 4.6) and those of characters.
fn unescaped(text: &str) -> String {
    let mut rest = text;
    let mut read = String::with_capacity(text.len());
    while let Some((before, reference)) = rest.split_once('&') {
        read.push_str(before);
        let Some((name, after)) = reference.split_once(';') else {
            read.push('&');
            rest = reference;
            continue;
        };
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
        let character = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => name
                .strip_prefix("#x")
                .map_or_else(
                    || name.strip_prefix('#').and_then(|digits| number(digits, 10)),
                    |digits| number(digits, 16),
                )
                .and_then(char::from_u32),
        };
        match character {
            Some(character) => read.push(character),
            None => read.extend(["&", name, ";"]),
        }
        rest = after;
    }
    read.push_str(rest);
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_xml_answer_is_read_with_its_lists_and_character_references() {
        let answer = Element::parse(
            r#"<?xml version="1.0"?><R xmlns="http://a/"><S>
              <Parameters><member><Key>A</Key><Value>x &amp; &#x79;</Value></member>
              <member><Key>B</Key><Value/></member></Parameters></S></R>"#,
        )
        .unwrap();
        let list = answer.find("S").unwrap();
        let read: Vec<_> = list
            .members("Parameters")
            .map(|member| (member.text_of("Key"), member.text_of("Value")))
            .collect();
        assert_eq!(read, [("A", "x & y"), ("B", "")]);
    }

    #[test]
    fn an_incomplete_xml_answer_is_an_error() {
        for text in ["", "<R>", "<R><S></S>", "</R>", "no XML"] {
            assert!(Element::parse(text).is_err(), "{text}");
        }
    }
}
