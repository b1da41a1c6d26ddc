//! The items that the modules of a crate define, import and name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, ItemMod, ItemUse, LitStr, UseTree};

use crate::{Error, Sources};

/// The modules of a crate. The first one is its root.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) modules: Vec<Module>,
}

/// A module, without its tests.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Its file. An inline module is in its parent's file.
    pub(crate) file: PathBuf,
    /// Its index in [`Crate::modules`].
    pub(crate) parent: Option<usize>,
    /// Modules that it declares.
    pub(crate) children: BTreeMap<String, usize>,
    /// Names of the items that it defines.
    pub(crate) defines: BTreeSet<String>,
    /// The names that `use` brings into it.
    pub(crate) uses: Vec<Use>,
    /// The paths in its code, with one name or more.
    pub(crate) paths: BTreeSet<Vec<String>>,
}

/// A name that `use` brings into a module.
#[derive(Debug)]
pub(crate) struct Use {
    /// The path, without the star of a glob.
    pub(crate) path: Vec<String>,
    /// The name in the module; `None` for a glob.
    pub(crate) name: Option<String>,
    /// Whether it is re-exported to other modules.
    pub(crate) is_handed_on: bool,
}

impl Crate {
    /// Parses the root and every declared module, except those of tests.
    pub(crate) fn parse(root: &Path, sources: &Sources) -> Result<Self, Error> {
        let mut parsed = Self {
            modules: Vec::new(),
        };
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        parsed.add_file(root, &folder, None, sources)?;
        Ok(parsed)
    }

    /// `folder` has the files of the module's children.
    fn add_file(
        &mut self,
        file: &Path,
        folder: &Path,
        parent: Option<usize>,
        sources: &Sources,
    ) -> Result<usize, Error> {
        let text = sources.get(file).map_or("", String::as_str);
        let syntax =
            syn::parse_file(text).map_err(|error| Error::Syntax(file.to_owned(), error))?;
        self.add(file, folder, parent, syntax.items, sources)
    }

    fn add(
        &mut self,
        file: &Path,
        folder: &Path,
        parent: Option<usize>,
        items: Vec<Item>,
        sources: &Sources,
    ) -> Result<usize, Error> {
        let at = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            ..Module::default()
        });
        for item in items {
            match item {
                Item::Mod(module) if is_test(&module.attrs) => {}
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let child = self.add_child(at, file, folder, module, sources)?;
                    self.modules[at].children.insert(name, child);
                }
                item => {
                    self.modules[at].defines.extend(name_of(&item));
                    self.modules[at].read(item.into_token_stream());
                }
            }
        }
        Ok(at)
    }

    fn add_child(
        &mut self,
        parent: usize,
        declared_in: &Path,
        folder: &Path,
        module: ItemMod,
        sources: &Sources,
    ) -> Result<usize, Error> {
        let name = module.ident.to_string();
        let below = folder.join(&name);
        if let Some((_, items)) = module.content {
            return self.add(declared_in, &below, Some(parent), items, sources);
        }
        let named = path_attribute(&module.attrs);
        let named = named.map(|path| declared_in.with_file_name(path));
        let usual = [folder.join(format!("{name}.rs")), below.join("mod.rs")];
        let mut files = named.into_iter().chain(usual);
        let file = files.find(|path| sources.contains_key(path));
        let file = file.ok_or_else(|| Error::NoFile {
            module: name,
            declared_in: declared_in.to_owned(),
        })?;
        self.add_file(&file, &below, Some(parent), sources)
    }
}

impl Module {
    /// Records the paths and the imports in the tokens of an item, including those in macros.
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at = match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => after_attribute(&tokens, at),
                TokenTree::Ident(ident) if ident == "use" => self.after_use(&tokens, at),
                TokenTree::Ident(_) => self.after_path(&tokens, at),
                TokenTree::Group(group) => {
                    self.read(group.stream());
                    at + 1
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => at + 1,
            };
        }
    }

    fn after_use(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let is_end =
            |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';');
        let Some(length) = tokens[at..].iter().position(is_end) else {
            return at + 1;
        };
        let end = at + length + 1;
        let item: TokenStream = tokens[at..end].iter().cloned().collect();
        // `use<'a>` in a type is not an import.
        let Ok(item) = syn::parse2::<ItemUse>(item) else {
            return at + 1;
        };
        let is_handed_on = is_public(&tokens[..at]);
        self.add_use(&item.tree, &mut Vec::new(), is_handed_on);
        end
    }

    fn add_use(&mut self, tree: &UseTree, above: &mut Vec<String>, is_handed_on: bool) {
        let mut add = |last: Option<String>, name: Option<String>| {
            let mut path = above.clone();
            path.extend(last.filter(|last| last != "self"));
            self.uses.push(Use {
                path,
                name,
                is_handed_on,
            });
        };
        match tree {
            UseTree::Path(path) => {
                above.push(path.ident.to_string());
                self.add_use(&path.tree, above, is_handed_on);
                above.pop();
            }
            UseTree::Name(name) if name.ident == "self" => add(None, above.last().cloned()),
            UseTree::Name(name) => add(Some(name.ident.to_string()), Some(name.ident.to_string())),
            UseTree::Rename(name) => {
                add(Some(name.ident.to_string()), Some(name.rename.to_string()));
            }
            UseTree::Glob(_) => add(None, None),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, above, is_handed_on);
                }
            }
        }
    }

    /// Records the path that begins with the identifier at `at`, unless it is a field, a method or
    /// the rest of a path.
    fn after_path(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let is_colon = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, ':'));
        let follows_colons = at > 1 && is_colon(at - 1) && is_colon(at - 2);
        let follows_dot = at > 0 && is_punct(&tokens[at - 1], '.');
        let mut path = Vec::new();
        let mut next = at;
        while let Some(TokenTree::Ident(ident)) = tokens.get(next) {
            path.push(ident.to_string());
            next += 1;
            let goes_on = is_colon(next) && is_colon(next + 1);
            if !goes_on || !matches!(tokens.get(next + 2), Some(TokenTree::Ident(_))) {
                break;
            }
            next += 2;
        }
        if !follows_colons && !follows_dot {
            self.paths.insert(path);
        }
        next
    }
}

/// Skips an item that an attribute marks as a test, and nothing else: an attribute may contain
/// paths.
fn after_attribute(tokens: &[TokenTree], at: usize) -> usize {
    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else {
        return at + 1;
    };
    let text = group.stream().to_string().replace(' ', "");
    if text != "cfg(test)" && text != "test" {
        return at + 1;
    }
    let is_end = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    let rest = tokens.get(at + 2..).unwrap_or_default();
    let length = rest.iter().position(is_end);
    length.map_or(tokens.len(), |length| at + 2 + length + 1)
}

/// Whether the last of these tokens are `pub`, `pub(crate)` or similar.
fn is_public(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(ident)] => ident == "pub",
        [.., TokenTree::Ident(ident), TokenTree::Group(_)] => ident == "pub",
        _ => false,
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute
            .path()
            .is_ident("cfg")
            .then(|| attribute.parse_args::<syn::Path>());
        condition.is_some_and(|condition| condition.is_ok_and(|path| path.is_ident("test")))
    })
}

/// The file that `#[path = "…"]` names.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes
        .iter()
        .find(|attribute| attribute.path().is_ident("path"))?;
    let value = &attribute.meta.require_name_value().ok()?.value;
    let text: LitStr = syn::parse2(value.to_token_stream()).ok()?;
    Some(text.value())
}

/// The name that an item defines in its module, if there is one.
fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        // Others define no name.
        _ => return None,
    };
    Some(ident.to_string())
}
