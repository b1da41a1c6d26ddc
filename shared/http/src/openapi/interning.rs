//! Examples that several answers share, said once.

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
    let responses = operations.filter_map(|operation| operation["responses"].as_object_mut());
    for response in responses.flat_map(Map::values_mut) {
        let content = response["content"].as_object_mut().into_iter().flatten();
        for (_, media_type) in content {
            let examples = media_type["examples"].as_object_mut().into_iter().flatten();
            for (name, example) in examples {
                act(name, example);
            }
        }
    }
}
