//! `/v1/docs`: the OpenAPI document, readable. It is read once, at the start, into the little that a page shows.

mod page;

pub(super) use page::page;

use serde_json::{Map, Value};

/// The document's operations by the noun they are about, and the objects they speak of.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reference {
    title: String,
    introduction: String,
    chapters: Vec<Chapter>,
    objects: Vec<Object>,
}

/// The operations under one path segment, as in `sites`.
#[derive(Debug, Default, PartialEq)]
struct Chapter {
    name: String,
    operations: Vec<Operation>,
}

#[derive(Debug, Default, PartialEq)]
struct Operation {
    /// As in `POST`.
    method: String,
    path: String,
    /// One sentence.
    summary: String,
    /// What follows it; empty if nothing does.
    description: String,
    /// The scope a token needs.
    scope: Option<String>,
    parameters: Vec<Parameter>,
    /// The media types of a body, each with what it holds.
    bodies: Vec<(String, Kind)>,
    answers: Vec<Answer>,
}

#[derive(Debug, Default, PartialEq)]
struct Parameter {
    name: String,
    /// `path`, `query` or `header`.
    place: String,
    required: bool,
    kind: Kind,
    description: String,
}

#[derive(Debug, Default, PartialEq)]
struct Answer {
    /// As in `200`.
    status: String,
    description: String,
    kind: Kind,
}

/// An object that operations take or give.
#[derive(Debug, Default, PartialEq)]
struct Object {
    name: String,
    description: String,
    /// Each is one form the object may have; most have one.
    forms: Vec<Form>,
}

#[derive(Debug, Default, PartialEq)]
struct Form {
    description: String,
    /// Objects whose fields stand beside these.
    extends: Vec<String>,
    fields: Vec<Field>,
}

#[derive(Debug, Default, PartialEq)]
struct Field {
    name: String,
    required: bool,
    kind: Kind,
    description: String,
}

/// What a value is: words, or the name of an object, or a list of either.
#[derive(Clone, Debug, Default, PartialEq)]
struct Kind {
    /// As in `string or null`; empty where nothing is said.
    words: String,
    /// The object it is.
    object: Option<String>,
}

impl Reference {
    /// Reads an OpenAPI 3.1 document.
    pub(super) fn read(document: &Value) -> Self {
        let mut chapters: Vec<Chapter> = Vec::new();
        for (path, methods) in entries(&document["paths"]) {
            // `/v1/sites/{id}` belongs to sites.
            let name = path.split('/').nth(2).unwrap_or_default().to_owned();
            let place = chapters.iter().position(|chapter| chapter.name == name);
            let place = place.unwrap_or_else(|| {
                chapters.push(Chapter { name, operations: Vec::new() });
                chapters.len() - 1
            });
            let operations = entries(methods).map(|(method, told)| operation(path, method, told));
            chapters[place].operations.extend(operations);
        }
        let objects = entries(&document["components"]["schemas"]).map(|(name, schema)| Object {
            name: name.clone(),
            description: text(&schema["description"]),
            forms: forms(schema),
        });
        Self {
            title: text(&document["info"]["title"]),
            introduction: text(&document["info"]["description"]),
            chapters,
            objects: objects.collect(),
        }
    }
}

fn operation(path: &str, method: &str, told: &Value) -> Operation {
    let lacking = told["responses"]["403"]["description"].as_str().unwrap_or_default();
    let bodies = entries(&told["requestBody"]["content"]);
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&told["summary"]),
        description: text(&told["description"]),
        scope: lacking.split('`').nth(1).map(str::to_owned),
        parameters: list(&told["parameters"]).iter().map(parameter).collect(),
        bodies: bodies.map(|(name, body)| (name.clone(), kind(&body["schema"]))).collect(),
        answers: entries(&told["responses"])
            .map(|(status, answer)| Answer {
                status: status.clone(),
                description: text(&answer["description"]),
                kind: entries(&answer["content"])
                    .next()
                    .map_or_else(Kind::default, |(_, content)| kind(&content["schema"])),
            })
            .collect(),
    }
}

fn parameter(told: &Value) -> Parameter {
    Parameter {
        name: text(&told["name"]),
        place: text(&told["in"]),
        required: told["required"] == true,
        kind: kind(&told["schema"]),
        description: text(&told["description"]),
    }
}

/// The forms of an object: its alternatives, or its one set of fields, of which parts may stand in other objects.
fn forms(schema: &Value) -> Vec<Form> {
    let alternatives = list(&schema["oneOf"]);
    if !alternatives.is_empty() {
        return alternatives.iter().map(form).collect();
    }
    vec![form(schema)]
}

fn form(schema: &Value) -> Form {
    let mut form = Form { description: text(&schema["description"]), ..Form::default() };
    for part in std::iter::once(schema).chain(list(&schema["allOf"])) {
        form.extends.extend(reference(part));
        let required = list(&part["required"]);
        form.fields.extend(entries(&part["properties"]).map(|(name, field)| Field {
            name: name.clone(),
            required: required.iter().any(|required| required == name),
            kind: kind(field),
            description: text(&field["description"]),
        }));
    }
    form
}

/// What a schema says of a value.
fn kind(schema: &Value) -> Kind {
    if let Some(object) = reference(schema) {
        return Kind { words: object.clone(), object: Some(object) };
    }
    let alternatives = list(&schema["oneOf"]);
    if !alternatives.is_empty() {
        return either(alternatives.iter().map(kind).collect());
    }
    if schema["type"] == "array" {
        let Kind { words, object } = kind(&schema["items"]);
        return Kind { words: format!("list of {words}"), object };
    }
    let values: Vec<String> =
        list(&schema["enum"]).iter().map(|value| format!("`{}`", text(value))).collect();
    if !values.is_empty() {
        return Kind { words: values.join(", "), object: None };
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    let words = match schema["format"].as_str() {
        Some("date-time") => types.join(" or ").replacen("string", "RFC 3339 time", 1),
        _ => types.join(" or "),
    };
    Kind { words, object: None }
}

/// One of several kinds of value.
fn either(kinds: Vec<Kind>) -> Kind {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.words.as_str()).collect();
    let words = words.join(" or ");
    Kind { words, object: kinds.into_iter().find_map(|kind| kind.object) }
}

/// The object a schema refers to.
fn reference(schema: &Value) -> Option<String> {
    Some(schema["$ref"].as_str()?.rsplit('/').next()?.to_owned())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_stand_under_their_noun_with_their_scope() {
        let document = json!({
            "info": { "title": "Sitekeeper", "description": "What it is." },
            "paths": {
                "/v1/sites": { "get": { "summary": "List sites." } },
                "/v1/check": { "post": {
                    "summary": "Ask.",
                    "requestBody": { "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Question" },
                    } } },
                    "responses": {
                        "200": { "description": "The answer" },
                        "403": { "description": "The token lacks the scope `check`" },
                    },
                } },
                "/v1/sites/{id}": { "delete": { "parameters": [{
                    "name": "id", "in": "path", "required": true,
                    "schema": { "type": "integer", "format": "int64" },
                }] } },
            },
        });
        let read = Reference::read(&document);
        let names: Vec<&str> = read.chapters.iter().map(|chapter| chapter.name.as_str()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ["check", "sites"]);
        let chapter =
            |name: &str| read.chapters.iter().find(|chapter| chapter.name == name).unwrap();
        let check = &chapter("check").operations[0];
        assert_eq!((check.method.as_str(), check.scope.as_deref()), ("POST", Some("check")));
        assert_eq!(check.bodies[0].1.object.as_deref(), Some("Question"));
        assert_eq!(check.answers.len(), 2);
        let delete = &chapter("sites").operations[1];
        assert_eq!(delete.parameters[0].kind.words, "integer");
        assert!(delete.parameters[0].required);
    }

    #[test]
    fn kinds_are_told_in_words() {
        let words = |schema: Value| kind(&schema).words;
        assert_eq!(words(json!({ "type": ["string", "null"] })), "string or null");
        assert_eq!(words(json!({ "type": "string", "format": "date-time" })), "RFC 3339 time");
        assert_eq!(
            words(json!({ "type": "array", "items": { "$ref": "#/a/Site" } })),
            "list of Site"
        );
        assert_eq!(
            words(json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/a/Site" }] })),
            "null or Site"
        );
        assert_eq!(words(json!({ "type": "string", "enum": ["a", "b"] })), "`a`, `b`");
        assert_eq!(words(json!({})), "");
    }

    #[test]
    fn an_object_has_the_fields_of_its_parts_and_the_forms_of_its_alternatives() {
        let parts = forms(&json!({ "allOf": [
            { "$ref": "#/components/schemas/Site" },
            { "properties": { "secret": { "type": "string" } }, "required": ["secret"] },
        ] }));
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].extends, ["Site"]);
        assert!(parts[0].fields[0].required);
        let alternatives = forms(&json!({ "oneOf": [
            { "properties": { "site": { "type": "integer" } } },
            { "properties": { "code": { "type": "string" } } },
        ] }));
        assert_eq!(alternatives.len(), 2);
    }
}
