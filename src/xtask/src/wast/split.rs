//! Where the directives of a script begin and end, without knowing what they are.

use std::ops::Range;

use wast::lexer::TokenKind;

/// The outermost parenthesised forms of a text, as ranges of bytes. Fails only when the text has no tokens.
pub(super) fn forms(text: &str) -> Result<Vec<Range<usize>>, wast::Error> {
    let mut forms = Vec::new();
    let mut depth = 0usize;
    let mut start = 0;
    for token in super::lexer(text).iter(0) {
        let token = token?;
        match token.kind {
            TokenKind::LParen => {
                if depth == 0 {
                    start = token.offset;
                }
                depth += 1;
            }
            TokenKind::RParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    forms.push(start..token.offset + 1);
                }
            }
            _ => {}
        }
    }
    if depth > 0 {
        forms.push(start..text.len());
    }
    Ok(forms)
}

/// The word that says what a form is: `assert_return` of `(assert_return …)`.
pub(super) fn first_word(form: &str) -> &str {
    let inside = form.trim_start_matches('(').trim_start();
    let end = inside
        .find(|c: char| c.is_whitespace() || c == '(' || c == ')')
        .unwrap_or(inside.len());
    &inside[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_outermost_and_know_strings_and_comments() {
        let text = "(a (b)) ;; (c\n(; (d ;) (e \")\")";
        let found: Vec<&str> = forms(text).unwrap().into_iter().map(|r| &text[r]).collect();
        assert_eq!(found, ["(a (b))", "(e \")\")"]);
    }

    #[test]
    fn a_form_is_what_its_first_word_says() {
        assert_eq!(first_word("(component\n  (core module))"), "component");
        assert_eq!(first_word("( wait)"), "wait");
        assert_eq!(first_word("("), "");
    }

    #[test]
    fn a_form_that_does_not_end_reaches_to_the_end() {
        assert_eq!(forms("(a) (b").unwrap(), [0..3, 4..6]);
    }
}
