//! Examples that several responses share, written once.

use serde_json::{Map, Value, json};

/// Moves every example that is there more than once to `#/components/examples`, which are returned.
pub(super) fn intern(paths: &mut Map<String, Value>) -> Map<String, Value> {
    let mut seen: Vec<(String, Value, usize)> = Vec::new();
    for_each(paths, &mut |name, example| {
        let same =
            |(other, value, _): &&mut (String, Value, usize)| other == name && value == example;
        match seen.iter_mut().find(same) {
            Some((.., times)) => *times += 1,
            None => seen.push((name.to_owned(), example.clone(), 1)),
        }
    });
    let mut shared: Map<String, Value> = Map::new();
    for (name, example, times) in seen {
        if times > 1 {
            shared.entry(name).or_insert(example);
        }
    }
    for_each(paths, &mut |name, example| {
        if shared.get(name) == Some(example) {
            *example = json!({ "$ref": format!("#/components/examples/{name}") });
        }
    });
    shared
}

fn for_each(paths: &mut Map<String, Value>, act: &mut impl FnMut(&str, &mut Value)) {
    let operations = paths.values_mut().filter_map(Value::as_object_mut);
    let operations = operations.flat_map(Map::values_mut);
    let responses = operations.flat_map(|operation| members(operation, "responses"));
    let contents = responses.flat_map(|(_, response)| members(response, "content"));
    for (name, example) in contents.flat_map(|(_, media_type)| members(media_type, "examples")) {
        act(name, example);
    }
}

/// The members of an object in an object; none if there is no such object.
fn members<'a>(
    object: &'a mut Value,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> + use<'a> {
    let inner = object.get_mut(name).and_then(Value::as_object_mut);
    inner.into_iter().flatten()
}
