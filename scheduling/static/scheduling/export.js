// "Select all" of the export page. Without scripts it stays hidden, and the columns are ticked one by one.
'use strict';
{
    const all = document.getElementById('export-all');
    const columns = document.querySelectorAll('.selectable-field-export-row input[type="checkbox"]');
    if (all) {
        all.closest('label').hidden = false;
        all.addEventListener('change', () => columns.forEach((column) => { column.checked = all.checked; }));
        columns.forEach((column) => column.addEventListener('change', () => {
            all.checked = [...columns].every((other) => other.checked);
        }));
    }
}
