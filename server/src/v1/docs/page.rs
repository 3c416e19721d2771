//! The page of the reference: no script, the console's stylesheet.

use super::{Answer, Chapter, Field, Form, Kind, Object, Operation, Parameter, Reference};
use crate::plain::document;
use app::ui::table::TableWrap;
use leptos::prelude::*;

/// The page.
pub(crate) fn page(reference: Reference) -> String {
    let Reference { title, introduction, chapters, objects } = reference;
    let contents = chapters.iter().map(contents_of).collect_view();
    let chapters = chapters.into_iter().map(chapter).collect_view();
    let objects = objects.into_iter().map(object).collect_view();
    let content = view! {
        <div class="reference">
            <nav class="reference-nav" aria-label="Contents">
                <p><a href="/">"Sitekeeper"</a></p>
                <ul>{contents}<li><a href="#objects">"Objects"</a></li></ul>
                <p><a href="/v1/openapi.json">"OpenAPI document"</a></p>
            </nav>
            <main id="main">
                <h1>{format!("{title} machine API")}</h1>
                <p>{prose(&introduction)}</p>
                {chapters}
                <section aria-labelledby="objects">
                    <h2 id="objects">"Objects"</h2>
                    {objects}
                </section>
            </main>
        </div>
    };
    document("Machine API", content)
}

fn contents_of(chapter: &Chapter) -> impl IntoView + use<> {
    let operations = chapter
        .operations
        .iter()
        .map(|operation| {
            let href = format!("#{}", anchor(operation));
            let name = named(operation);
            view! { <li><a href=href>{name}</a></li> }
        })
        .collect_view();
    let href = format!("#{}", chapter.name);
    view! { <li><a href=href><strong>{chapter.name.clone()}</strong></a><ul>{operations}</ul></li> }
}

fn chapter(chapter: Chapter) -> impl IntoView {
    let operations = chapter.operations.into_iter().map(operation).collect_view();
    let (id, label) = (chapter.name.clone(), chapter.name.clone());
    view! {
        <section aria-labelledby=label>
            <h2 id=id>{chapter.name}</h2>
            {operations}
        </section>
    }
}

fn operation(operation: Operation) -> impl IntoView {
    let id = anchor(&operation);
    let label = id.clone();
    let Operation { method, path, summary, description, scope, parameters, bodies, answers } =
        operation;
    let scope = scope.map(|scope| {
        view! { <p class="muted">"Scope "<code class="tag mono">{scope}</code></p> }
    });
    let description = (!description.is_empty()).then(|| view! { <p>{prose(&description)}</p> });
    let bodies = (!bodies.is_empty()).then(|| {
        let bodies = bodies
            .into_iter()
            .map(|(media, body)| view! { <dt class="mono">{media}</dt><dd>{kind(body)}</dd> })
            .collect_view();
        view! { <h4>"Body"</h4><dl class="facts">{bodies}</dl> }
    });
    view! {
        <article class="panel pad stack-m" aria-labelledby=label>
            <div class="panel-title">
                <h3 id=id><code>{method}" "{path}</code></h3>
                <p>{prose(&summary)}</p>
            </div>
            {scope}
            {description}
            {parameters_of(parameters)}
            {bodies}
            {answers_of(answers)}
        </article>
    }
}

fn parameters_of(parameters: Vec<Parameter>) -> Option<impl IntoView> {
    if parameters.is_empty() {
        return None;
    }
    let rows = parameters
        .into_iter()
        .map(|Parameter { name, place, required, kind: of, description }| {
            let needed = if required { " required" } else { "" };
            view! {
                <tr>
                    <th scope="row"><code>{name}</code></th>
                    <td>{place}{needed}</td>
                    <td>{kind(of)}</td>
                    <td>{prose(&description)}</td>
                </tr>
            }
        })
        .collect_view();
    Some(view! { <h4>"Parameters"</h4>{table("Parameters", ["Name", "In", "Type", "What"], rows)} })
}

fn answers_of(answers: Vec<Answer>) -> impl IntoView {
    let rows = answers
        .into_iter()
        .map(|Answer { status, description, kind: of }| {
            view! {
                <tr>
                    <th scope="row"><code>{status}</code></th>
                    <td>{prose(&description)}</td>
                    <td>{kind(of)}</td>
                </tr>
            }
        })
        .collect_view();
    view! { <h4>"Answers"</h4>{table("Answers", ["Status", "When", "Body"], rows)} }
}

fn object(object: Object) -> impl IntoView {
    let Object { name, description, forms } = object;
    let id = format!("object-{name}");
    let label = id.clone();
    let several = forms.len() > 1;
    let forms = forms.into_iter().map(|each| form(each, several)).collect_view();
    view! {
        <article class="panel pad stack-m" aria-labelledby=label>
            <div class="panel-title">
                <h3 id=id><code>{name}</code></h3>
                <p>{prose(&description)}</p>
            </div>
            {forms}
        </article>
    }
}

/// One set of fields; where an object has several, each says what it is.
fn form(form: Form, several: bool) -> impl IntoView {
    let Form { description, extends, fields } = form;
    let heading = several.then(|| view! { <p>{prose(&description)}</p> });
    let extends = extends
        .into_iter()
        .map(|name| {
            let of = Kind { words: name.clone(), object: Some(name) };
            view! { <p class="muted">"The fields of "{kind(of)}", and:"</p> }
        })
        .collect_view();
    let rows = fields
        .into_iter()
        .map(|Field { name, required, kind: of, description }| {
            let optional = (!required).then_some(" (optional)");
            view! {
                <tr>
                    <th scope="row"><code>{name}</code></th>
                    <td>{kind(of)}{optional}</td>
                    <td>{prose(&description)}</td>
                </tr>
            }
        })
        .collect_view();
    view! { {heading}{extends}{table("Fields", ["Field", "Type", "What"], rows)} }
}

/// A table of these columns.
fn table<const N: usize>(
    label: &'static str,
    heads: [&'static str; N],
    rows: impl IntoView + 'static,
) -> impl IntoView {
    let heads = heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view();
    view! {
        <TableWrap label>
            <table class="table">
                <thead><tr>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
    }
}

/// A kind of value, with a link to the object it is.
fn kind(kind: Kind) -> AnyView {
    match kind.object {
        Some(object) => view! { <a href=format!("#object-{object}")>{kind.words}</a> }.into_any(),
        None => view! { <span>{prose(&kind.words)}</span> }.into_any(),
    }
}

/// Text in which back quotes set code.
fn prose(text: &str) -> impl IntoView + use<> {
    text.split('`')
        .enumerate()
        .map(|(at, part)| {
            let part = part.to_owned();
            if at % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
        })
        .collect_view()
}

/// As in `POST /v1/check`.
fn named(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

/// The operation's id in the page: letters, digits and dashes.
fn anchor(operation: &Operation) -> String {
    let name = named(operation).to_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_page_escapes_what_the_document_says_and_loads_no_script() {
        let document = json!({
            "info": { "title": "A <b>", "description": "Say `x < y`." },
            "paths": { "/v1/check": { "post": { "summary": "<script>alert(1)</script>" } } },
        });
        let page = page(Reference::read(&document));
        assert!(page.starts_with("<!DOCTYPE html><html"), "{page}");
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("<code>x &lt; y"), "{page}");
        assert!(page.contains("id=\"post-v1-check\""), "{page}");
    }
}
