//! Finds the file that defines what a path names.

use crate::Imports;
use crate::module::{Crate, Module};

/// What a path leads to; a module by its place in [`Crate::modules`].
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// A module.
    Module(usize),
    /// The item with this name that this module defines, or something in it: a variant, an associated
    /// function.
    Item(usize, String),
}

/// Adds who imports whom in a crate.
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

/// Whether the module's own code names `name`, alone or as the first of a path.
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

    /// What `path` names in the module at `from`; none where that is in another crate. `trail` holds the
    /// names that are being resolved, so that re-exports of each other end.
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

    /// What `name` is in the module `at`: a child, an item, or what `use` brings into it.
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
