// Names for what the admin's widgets leave nameless: a screen reader says "Employee Amy Adams" instead of "Amy Adams".
'use strict';
{
    function nameOf(select) {
        const label = select.getAttribute('aria-label') || (select.labels.length ? select.labels[0].textContent : '');
        return label.trim().replace(/:$/, '');
    }

    function nameAutocomplete(select) {
        const box = select.nextElementSibling && select.nextElementSibling.querySelector('[role="combobox"]');
        if (!box) {
            return;
        }
        const name = nameOf(select);
        box.setAttribute('aria-label', name);
        const chosen = box.querySelector('.select2-selection__rendered');
        if (select.multiple) {
            box.querySelector('.select2-search__field').setAttribute('aria-label', name);
        } else {
            // A textbox inside of the box would be a second control without a name; it is the text of this one.
            chosen.removeAttribute('role');
            chosen.removeAttribute('aria-readonly');
            box.id = `${select.id}-box`;
            box.setAttribute('aria-labelledby', `${box.id} ${chosen.id}`);
        }
    }

    function nameAutocompletes(root) {
        root.querySelectorAll('select.admin-autocomplete').forEach(nameAutocomplete);
    }

    function nameMoments(root) {
        root.querySelectorAll('.datetimeshortcuts a').forEach((link) => {
            const icon = link.querySelector('[title]');
            if (icon) {
                link.setAttribute('aria-label', icon.title);
            }
        });
        // "Date:" and "Time:" stand before the two fields of a moment as mere text.
        root.querySelectorAll('.datetime input').forEach((input) => {
            const text = input.previousSibling && input.previousSibling.textContent.trim();
            if (text && !input.labels.length) {
                input.setAttribute('aria-label', text.replace(/:$/, ''));
            }
        });
    }

    // This script is deferred, so whatever it waits for comes to the admin's own scripts first.
    window.addEventListener('load', () => nameMoments(document));
    if (window.django && django.jQuery) {
        django.jQuery(() => nameAutocompletes(document));
        django.jQuery(document).on('select2:open', (event) => {
            const search = document.querySelector('.select2-container--open .select2-search__field');
            if (search) {
                search.setAttribute('aria-label', nameOf(event.target));
                search.focus();
            }
        });
    }
    document.addEventListener('formset:added', (event) => {
        nameAutocompletes(event.target);
        nameMoments(event.target);
    });
}
