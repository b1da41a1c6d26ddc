//! Writes the responses of the v1 API: the XML of the AWS Query protocol.

/// Text between tags.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `<name>text</name>`.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// A list of `<member>` elements in `name`.
pub(crate) fn members<'a>(name: &str, items: impl IntoIterator<Item = &'a str>) -> String {
    let members: String = items
        .into_iter()
        .map(|item| element("member", item))
        .collect();
    format!("<{name}>{members}</{name}>")
}

/// One entry of a map; `value` is XML.
pub(crate) fn entry(key: &str, value: &str) -> String {
    format!(
        "<entry>{}<value>{value}</value></entry>",
        element("key", key)
    )
}

/// The response to an action; `result` is XML.
pub(crate) fn response(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\">\
         <{action}Result>{result}</{action}Result><ResponseMetadata>\
         <RequestId>00000000-0000-4000-8000-000000000000</RequestId>\
         </ResponseMetadata></{action}Response>"
    )
}

/// The text of every `<name>` element of a flat document from the emulator in which no value needs
/// escaping.
pub(crate) fn texts<'a>(document: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    document
        .split(open.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once(close.as_str()))
        .map(|(text, _)| text)
        .collect()
}
