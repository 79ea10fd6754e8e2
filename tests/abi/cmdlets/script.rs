//! Rewriting a cmdlet's script: the parameters between `# <generated: NAME, ...>` and `# </generated>`, and their
//! sections in the comment help. Everything else stays as it is.

const BEGIN: &str = "# <generated: ";
const END: &str = "# </generated>";
const SECTION: &str = ".PARAMETER ";

/// A parameter of a cmdlet: its help and its declaration as lines, indented as below the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub help: Vec<String>,
    pub declaration: Vec<String>,
}

/// The script with its generated parts written anew. `parameters` gives what stands for a name of a marker.
pub fn rewrite(script: &str, parameters: &dyn Fn(&str) -> Vec<Parameter>) -> String {
    let mut generated = Vec::new();
    let script = rewrite_declarations(script, parameters, &mut generated);
    if generated.is_empty() { script } else { rewrite_help(&script, &generated) }
}

/// Replaces what is between the markers, and adds it to `generated`.
fn rewrite_declarations(
    script: &str,
    parameters: &dyn Fn(&str) -> Vec<Parameter>,
    generated: &mut Vec<Parameter>,
) -> String {
    let mut out = String::new();
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        out += &format!("{line}\n");
        let Some(names) = line.trim_start().strip_prefix(BEGIN) else { continue };
        let names = names.strip_suffix('>').unwrap_or_else(|| panic!("no '>' at the end of: {line}"));
        let end = lines.find(|line| line.trim() == END).unwrap_or_else(|| panic!("no '{END}' after: {line}"));
        let new: Vec<Parameter> = names.split(", ").flat_map(parameters).collect();
        let declarations: Vec<String> = new.iter().map(|one| one.declaration.join("\n")).collect();
        // Nothing separates the last parameter of all from the end.
        let comma = if lines.peek().is_some_and(|next| next.trim() == ")") { "" } else { "," };
        if !declarations.is_empty() {
            out += &format!("{}{comma}\n", declarations.join(",\n\n"));
        }
        out += &format!("{end}\n");
        generated.extend(new);
    }
    out
}

/// Puts the help of `generated` in place of what is there. The sections of parameters come in the order of the
/// declarations; one of a parameter that is gone is dropped.
fn rewrite_help(script: &str, generated: &[Parameter]) -> String {
    let (before, rest) = script.split_once("<#\n").expect("the script has comment help");
    let (help, after) = rest.split_once("    #>\n").expect("the comment help ends");
    let mut sections: Vec<&str> = split_before(help, |line| {
        line.trim_start()
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    let name_of =
        |section: &str| section.trim_start().strip_prefix(SECTION)?.lines().next().map(str::to_owned);
    let at = sections.iter().position(|section| name_of(section).is_some()).unwrap_or(2);
    let own: Vec<(String, &str)> =
        sections.iter().filter_map(|section| Some((name_of(section)?, *section))).collect();
    sections.retain(|section| name_of(section).is_none());
    let texts = declared(after).into_iter().filter_map(|name| {
        let own = own.iter().find(|(known, _)| *known == name).map(|(_, section)| (*section).to_owned());
        let new = generated.iter().find(|parameter| parameter.name == name);
        new.map(|new| format!("    {SECTION}{name}\n{}\n\n", new.help.join("\n"))).or(own)
    });
    let texts: String = texts.collect();
    let (first, last) = sections.split_at(at);
    format!("{before}<#\n{}{texts}{}    #>\n{after}", first.concat(), last.concat())
}

/// The text in parts, each of which but the first begins with such a line.
fn split_before(text: &str, begins: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && begins(line) {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(text.len());
    starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// The help of a parameter, as it stands in the script.
pub fn help_of(script: &str, parameter: &str) -> Option<Vec<String>> {
    let (_, rest) = script.split_once(&format!("    {SECTION}{parameter}\n"))?;
    let end = |line: &&str| line.is_empty() || line.trim() == "#>";
    Some(rest.lines().take_while(|line| !end(line)).map(str::to_owned).collect())
}

/// The names of the parameters that a script declares, in their order.
pub fn declared(script: &str) -> Vec<String> {
    declarations(script).iter().filter_map(|lines| name_declared(lines.last()?)).collect()
}

/// The parameters that a script declares: each as its lines, without markers and the comma.
pub fn declarations(script: &str) -> Vec<Vec<String>> {
    let block = script.split_once("    param(\n").and_then(|(_, rest)| rest.split_once("\n    )"));
    let mut all = vec![Vec::new()];
    for line in block.map_or("", |(block, _)| block).lines() {
        if line.is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let line = line.strip_suffix(',').unwrap_or(line);
        all.last_mut().unwrap().push(line.to_owned());
        if name_declared(line).is_some() {
            all.push(Vec::new());
        }
    }
    all.retain(|lines| !lines.is_empty());
    all
}

/// The parameter whose declaration ends with `line`: `[string] $Scope`, `$Credential = ...`.
fn name_declared(line: &str) -> Option<String> {
    let left = line.split(" = ").next()?;
    left.split_whitespace().last()?.strip_prefix('$').map(str::to_owned)
}
