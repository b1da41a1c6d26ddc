//! Finds the file that defines the target of a path.

use crate::Imports;
use crate::module::{Crate, Module};

/// The target of a path; a module is given by its index in [`Crate::modules`].
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// A module.
    Module(usize),
    /// The item with this name in this module, or something in the item: a variant, an associated
    /// function.
    Item(usize, String),
}

/// Adds the imports between the files of a crate.
pub(crate) fn imports(parsed: &Crate, imports: &mut Imports) {
    for (at, module) in parsed.modules.iter().enumerate() {
        for import in &module.uses {
            let is_named = import.name.as_ref().is_some_and(|name| names(module, name));
            if import.is_handed_on && !is_named {
                continue;
            }
            match (
                parsed.resolve(at, &import.path, &mut Vec::new()),
                &import.name,
            ) {
                (Some(Target::Item(to, name)), _) => parsed.note(at, to, name, imports),
                (Some(Target::Module(to)), None) => parsed.note(at, to, "*".to_owned(), imports),
                (Some(Target::Module(_)), Some(_)) | (None, _) => {}
            }
        }
        for path in module.paths.iter().filter(|path| path.len() > 1) {
            if let Some(Target::Item(to, name)) = parsed.resolve(at, path, &mut Vec::new()) {
                parsed.note(at, to, name, imports);
            }
        }
    }
}

/// Whether the module's own code uses `name`, alone or as the first part of a path.
fn names(module: &Module, name: &str) -> bool {
    module
        .paths
        .iter()
        .any(|path| path.first().is_some_and(|first| first == name))
}

impl Crate {
    fn note(&self, from: usize, to: usize, name: String, imports: &mut Imports) {
        let [from, to] = [from, to].map(|at| self.modules[at].file.clone());
        if from != to {
            imports.entry((from, to)).or_default().insert(name);
        }
    }

    /// The target of `path` in the module at `from`; `None` if it is in another crate. `trail` has
    /// the names that are being resolved, so that mutual re-exports end.
    fn resolve(
        &self,
        from: usize,
        path: &[String],
        trail: &mut Vec<(usize, String)>,
    ) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let first = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(from),
            name => self.member(from, name, trail)?,
        };
        Some(rest.iter().fold(first, |target, name| {
            match target {
                Target::Module(module) => self
                    .member(module, name, trail)
                    .unwrap_or_else(|| Target::Item(module, name.clone())),
                item @ Target::Item(..) => item,
            }
        }))
    }

    /// The meaning of `name` in the module `at`: a child, an item, or a name from `use`.
    fn member(&self, at: usize, name: &str, trail: &mut Vec<(usize, String)>) -> Option<Target> {
        let module = self.modules.get(at)?;
        if name == "super" {
            return module.parent.map(Target::Module);
        }
        if let Some(child) = module.children.get(name) {
            return Some(Target::Module(*child));
        }
        if module.defines.contains(name) {
            return Some(Target::Item(at, name.to_owned()));
        }
        let step = (at, name.to_owned());
        if trail.contains(&step) {
            return None;
        }
        trail.push(step);
        let mut named = module
            .uses
            .iter()
            .filter(|import| import.name.as_deref() == Some(name));
        let named = named.find_map(|import| self.resolve(at, &import.path, trail));
        let mut globs = module.uses.iter().filter(|import| import.name.is_none());
        let found = named.or_else(|| {
            globs.find_map(|import| match self.resolve(at, &import.path, trail)? {
                Target::Module(module) => self.member(module, name, trail),
                Target::Item(..) => None,
            })
        });
        trail.pop();
        found
    }
}
