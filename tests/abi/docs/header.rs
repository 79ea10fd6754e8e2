//! What `docs/abi.md` takes from the C header, so that it is said once.

/// The text of `include/smime_sync.h`, as it should be: both files can be written anew at once.
pub struct Header {
    text: String,
}

impl Header {
    pub fn read() -> Self {
        Self { text: crate::header::generated() }
    }

    /// The list of rules in the comment at the top.
    pub fn rules(&self) -> String {
        let (_, rest) = self.text.split_once(" * ## Rules\n").expect("the header has rules");
        let (rules, _) = rest.split_once(" */").unwrap();
        format!("## Calling\n{}", uncomment(rules))
    }

    /// Every function with the first sentence of its comment.
    pub fn functions(&self) -> String {
        let mut table = "| function | does |\n|---|---|\n".to_owned();
        for (comment, rest) in self.text.split("/**\n").skip(1).filter_map(|part| part.split_once(" */\n")) {
            let declaration = rest.split(';').next().unwrap_or_default();
            if let Some(("smime_status" | "uint32_t", function)) = declaration.split_once(' ') {
                let does = uncomment(comment).replace('\n', " ");
                let sentence = does.trim().split_inclusive(". ").next().unwrap_or_default().trim().to_owned();
                let function = function.split_whitespace().collect::<Vec<_>>().join(" ");
                table += &format!("| `{function}` | {} |\n", sentence.replace('#', ""));
            }
        }
        table
    }
}

fn uncomment(comment: &str) -> String {
    comment
        .lines()
        .map(|line| line.trim_start().trim_start_matches('*').trim_end())
        .fold(String::new(), |text, line| text + line.strip_prefix(' ').unwrap_or(line) + "\n")
}
