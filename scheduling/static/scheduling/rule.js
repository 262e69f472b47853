// The form of a rule: shows what the chosen kind and scope take, and leaves the rest out of what is sent.
// Without scripts all of it is there, each field with the kinds that it is for.
'use strict';
document.addEventListener('DOMContentLoaded', () => {
    const kind = document.getElementById('id_kind');
    const scopes = document.querySelectorAll('input[name="scope"]');

    function show(field, wanted) {
        const row = field.closest('.form-row') || field;
        row.hidden = !wanted;
        row.querySelectorAll('input, select').forEach((input) => { input.disabled = !wanted; });
    }

    function update() {
        document.querySelectorAll('[data-kinds]').forEach((field) => {
            show(field, field.dataset.kinds.split(' ').includes(kind.value));
        });
        const chosen = [...scopes].find((scope) => scope.checked);
        document.querySelectorAll('[data-scope]').forEach((field) => {
            show(field, Boolean(chosen) && chosen.value === field.dataset.scope);
        });
        document.querySelectorAll('fieldset.module').forEach((fieldset) => {
            const rows = [...fieldset.querySelectorAll('.form-row')];
            fieldset.hidden = rows.length > 0 && rows.every((row) => row.hidden);
        });
    }

    if (kind) {
        kind.addEventListener('change', update);
        scopes.forEach((scope) => scope.addEventListener('change', update));
        update();
    }
});
