-- Where operators open the console, as the `serve` that began last was told: commands that run beside it
-- name it in their links. One row.
create table console (
    one_row boolean primary key default true,
    address text not null,
    constraint console_one_row check (one_row)
);
