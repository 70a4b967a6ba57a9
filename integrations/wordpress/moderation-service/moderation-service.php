<?php
/**
 * Moderation Service
 *
 * @package           Moderation_Service
 * @license           GPL-2.0-or-later
 *
 * @wordpress-plugin
 * Plugin Name:       Moderation Service
 * Description:       Asks your own moderation service about every comment before it appears, and keeps both queues in step.
 * Version:           1.0.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            The moderation developers
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       moderation-service
 * Domain Path:       /languages
 * Update URI:        false
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const VERSION = '1.0.0';
const MAIN    = __FILE__;

require_once __DIR__ . '/includes/settings.php';
require_once __DIR__ . '/includes/records.php';
require_once __DIR__ . '/includes/service.php';
require_once __DIR__ . '/includes/describing.php';
require_once __DIR__ . '/includes/outcomes.php';
require_once __DIR__ . '/includes/submitting.php';
require_once __DIR__ . '/includes/asking.php';
require_once __DIR__ . '/includes/edits.php';
require_once __DIR__ . '/includes/decisions.php';
require_once __DIR__ . '/includes/outbox.php';
require_once __DIR__ . '/includes/schedule.php';
require_once __DIR__ . '/includes/events.php';
require_once __DIR__ . '/includes/importing.php';
require_once __DIR__ . '/includes/privacy.php';
require_once __DIR__ . '/includes/commenter.php';
require_once __DIR__ . '/includes/network.php';

if ( is_admin() ) {
	require_once __DIR__ . '/admin/connection.php';
	require_once __DIR__ . '/admin/settings-page.php';
	require_once __DIR__ . '/admin/panels.php';
	require_once __DIR__ . '/admin/actions.php';
	require_once __DIR__ . '/admin/comments-list.php';
	require_once __DIR__ . '/admin/notices.php';
}

add_action(
	'init',
	static function () {
		load_plugin_textdomain( 'moderation-service', false, dirname( plugin_basename( MAIN ) ) . '/languages' );
		prepare_table();
		keep_scheduled();
	}
);

register_deactivation_hook( MAIN, __NAMESPACE__ . '\\stop_sending' );
