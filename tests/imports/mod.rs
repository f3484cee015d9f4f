//! Reads which files of a crate import which, from their text.
//!
//! Names are followed to the file that defines them, through `pub use`. A file that only declares modules and hands
//! names on therefore imports nothing. Unit tests at the end of a file are left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A module's path in its crate, without `crate`.
type Module = Vec<String>;

/// The files of a crate.
pub(crate) struct Sources(BTreeMap<Module, File>);

/// What a file names.
#[derive(Default)]
struct File {
    /// The paths that it imports or uses, segment by segment.
    uses: Vec<Vec<String>>,
    /// The names that it hands on, and the paths that they stand for. A glob has the name `*`.
    exports: Vec<(String, Vec<String>)>,
}

impl Sources {
    /// The Rust files below a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        for path in rust_files(folder) {
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            files.insert(module(&name), File::parse(&std::fs::read_to_string(&path).unwrap()));
        }
        // Unit tests in files of their own are no part of the house either.
        files.retain(|module: &Module, _| !module.iter().any(|part| part == "tests"));
        Self(files)
    }

    /// Files by their names and texts.
    pub(crate) fn from<const N: usize>(files: [(&str, &str); N]) -> Self {
        Self(files.into_iter().map(|(name, text)| (module(name), File::parse(text))).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every path that a file names, its own and those it hands on, with the file's module.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&Module, Vec<&str>)> {
        self.0.iter().flat_map(|(module, file)| {
            let paths = file.exports.iter().map(|(_, path)| path).chain(&file.uses);
            paths.map(move |path| (module, path.iter().map(String::as_str).collect()))
        })
    }

    /// Each ring of imports once, such as `a -> b -> a`.
    pub(crate) fn rings(&self) -> Vec<String> {
        let mut rings = Vec::new();
        let mut done = Vec::new();
        for module in self.0.keys() {
            self.walk(module, &mut Vec::new(), &mut done, &mut rings);
        }
        rings
    }

    /// Follows the imports of a module depth first; what leads back to the trail closes a ring.
    fn walk(
        &self,
        module: &Module,
        trail: &mut Vec<Module>,
        done: &mut Vec<Module>,
        rings: &mut Vec<String>,
    ) {
        if let Some(start) = trail.iter().position(|other| other == module) {
            let ring = trail[start..].iter().chain([module]).map(|module| module.join("::"));
            rings.push(ring.collect::<Vec<_>>().join(" -> "));
            return;
        }
        if done.contains(module) {
            return;
        }
        trail.push(module.clone());
        let file = &self.0[module];
        let mut targets: Vec<Module> =
            file.uses.iter().filter_map(|path| self.definition(module, path, 0)).collect();
        targets.sort();
        targets.dedup();
        for target in targets.iter().filter(|target| *target != module) {
            self.walk(target, trail, done, rings);
        }
        trail.pop();
        done.push(module.clone());
    }

    /// The module whose file defines what a path names in a module; `None` outside the crate.
    fn definition(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        // A name that hands itself on would be followed for ever.
        if depth > 16 {
            return None;
        }
        let mut absolute = from.clone();
        let mut path = path;
        match path.first()?.as_str() {
            "crate" => (absolute, path) = (Vec::new(), &path[1..]),
            "self" => path = &path[1..],
            "super" => {
                while path.first().is_some_and(|part| part == "super") {
                    absolute.pop();
                    path = &path[1..];
                }
            }
            child => {
                let child = [from.as_slice(), &[child.to_owned()]].concat();
                self.0.get(&child)?;
            }
        }
        while let Some((next, rest)) = path.split_first() {
            absolute.push(next.clone());
            if !self.0.contains_key(&absolute) {
                absolute.pop();
                let file = self.0.get(&absolute)?;
                let handed_on = file.exports.iter().find(|(name, _)| name == next);
                let globs = file.exports.iter().filter(|(name, _)| name == "*");
                return match handed_on {
                    Some((_, target)) => {
                        let target = [target.as_slice(), rest].concat();
                        self.definition(&absolute, &target, depth + 1).or(Some(absolute))
                    }
                    None => globs
                        .map(|(_, target)| [target.as_slice(), path].concat())
                        .find_map(|inside| self.definition(&absolute, &inside, depth + 1))
                        .or(Some(absolute)),
                };
            }
            path = rest;
        }
        Some(absolute)
    }
}

/// The Rust files below a folder.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Whether the file that a file stands below declares it as a module, without which it is not compiled.
pub(crate) fn is_declared(file: &Path) -> bool {
    let (mut name, mut home) = (file.file_stem().unwrap(), file.parent().unwrap());
    if name == "mod" {
        (name, home) = (home.file_name().unwrap(), home.parent().unwrap());
    }
    let name = name.to_string_lossy();
    let is_declaration = |line: &str| {
        let words: Vec<&str> = line.trim_end_matches(';').split_whitespace().collect();
        line.ends_with(';') && words.ends_with(&["mod", &name])
    };
    let above = [home.join("mod.rs"), home.join("lib.rs"), home.join("main.rs"), home.with_extension("rs")];
    let texts = above.iter().filter_map(|file| std::fs::read_to_string(file).ok());
    texts.into_iter().any(|text| text.lines().any(is_declaration))
}

/// The module of a file, by its name below the crate's folder.
fn module(name: &str) -> Module {
    let name = name.trim_end_matches(".rs");
    let mut parts: Module = name.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|part| ["mod", "lib", "main"].contains(&part.as_str())) {
        parts.pop();
    }
    parts
}

impl File {
    fn parse(text: &str) -> Self {
        let code = code(text);
        let mut file = Self::default();
        let mut rest = String::new();
        for statement in code.split_inclusive([';', '{', '}']) {
            rest.push_str(statement);
            let is_open = rest.matches('{').count() != rest.matches('}').count();
            let Some(start) = use_start(&rest) else {
                if !is_open || !rest.contains("use ") {
                    file.uses.extend(crate_paths(&rest));
                    rest.clear();
                }
                continue;
            };
            if !rest.ends_with(';') {
                continue;
            }
            file.uses.extend(crate_paths(&rest[..start.0]));
            let mut tree = Vec::new();
            expand(&mut Vec::new(), rest[start.1..].trim_end_matches(';'), &mut tree);
            for (name, path) in tree {
                if start.2 { file.exports.push((name, path)) } else { file.uses.push(path) }
            }
            rest.clear();
        }
        file.uses.extend(crate_paths(&rest));
        file
    }
}

/// Where a `use` begins in a piece of code, where its tree begins, and whether it is public.
fn use_start(code: &str) -> Option<(usize, usize, bool)> {
    let mut line_start = 0;
    for line in code.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let (is_public, item) = match trimmed.strip_prefix("pub") {
            Some(item) if item.starts_with('(') => {
                (true, item.split_once(')').map_or("", |(_, item)| item).trim_start())
            }
            Some(item) if item.starts_with(' ') => (true, item.trim_start()),
            _ => (false, trimmed),
        };
        if let Some(tree) = item.strip_prefix("use ") {
            let tree_start = line_start + (line.len() - tree.len());
            return Some((line_start, tree_start, is_public));
        }
        line_start += line.len();
    }
    None
}

/// The names that a tree of imports brings in, with their paths.
fn expand(prefix: &mut Vec<String>, tree: &str, names: &mut Vec<(String, Vec<String>)>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let n_before = prefix.len();
        prefix.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        let (mut depth, mut part) = (0, String::new());
        for letter in group.trim_end().trim_end_matches('}').chars() {
            match letter {
                ',' if depth == 0 => expand(prefix, &std::mem::take(&mut part), names),
                _ => {
                    depth += i32::from(letter == '{') - i32::from(letter == '}');
                    part.push(letter);
                }
            }
        }
        // The last brace of an inner group may have been trimmed with the group's own.
        part.push_str(&"}".repeat(usize::try_from(depth).unwrap_or(0)));
        expand(prefix, &part, names);
        prefix.truncate(n_before);
    } else if !tree.is_empty() {
        let (path, alias) =
            tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
        let mut full = prefix.clone();
        full.extend(path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()));
        if full.last().is_some_and(|part| part == "self") && full.len() > 1 {
            full.pop();
        }
        let name = alias.map(str::to_owned).or_else(|| full.last().cloned()).unwrap_or_default();
        if name == "*" {
            full.pop();
        }
        names.push((name, full));
    }
}

/// The paths in code that begin with `crate` or `super`.
fn crate_paths(code: &str) -> Vec<Vec<String>> {
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split(|letter| !is_path(letter));
    let paths = words.filter(|word| word.contains("::"));
    paths
        .map(|word| word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>())
        .filter(|path| path.len() > 1)
        .collect()
}

/// The text without comments, and without the unit tests that end it.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            if lines.peek().is_some_and(|next| next.starts_with("mod tests {")) {
                break;
            }
            lines.next();
            continue;
        }
        if line.trim() == "#[cfg(doc)]" {
            lines.next();
            continue;
        }
        let line = line.split("//").next().unwrap_or("");
        // Where a name may be seen is no import.
        let line = match line
            .split_once("pub(in ")
            .and_then(|(before, rest)| Some((before, rest.split_once(')')?.1)))
        {
            Some((before, after)) => format!("{before}pub(crate){after}"),
            None => line.to_owned(),
        };
        code.push_str(&line);
        code.push('\n');
    }
    code
}
