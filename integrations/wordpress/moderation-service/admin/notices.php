<?php
/**
 * What moderators have to know: that the plugin is not set up, or that the service is away.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * The notices above the pages where they matter.
 */
function show_notices() {
	$screen = get_current_screen();
	if ( ! $screen || ! in_array( $screen->id, array( 'dashboard', 'edit-comments', 'plugins', 'settings_page_' . PAGE ), true ) ) {
		return;
	}
	if ( ! is_ready() ) {
		if ( current_user_can( 'manage_options' ) && 'settings_page_' . PAGE !== $screen->id ) {
			show_notice( 'warning', __( 'The moderation service is not set up yet: comments are treated as WordPress treats them.', 'moderation-service' ), __( 'Set it up', 'moderation-service' ) );
		}
		return;
	}
	$waiting = waiting();
	if ( '' === $waiting['trouble'] || ! current_user_can( 'moderate_comments' ) || 'settings_page_' . PAGE === $screen->id ) {
		return;
	}
	$text = sprintf(
		/* translators: 1: a number of comments. 2: what was wrong. */
		_n( 'The moderation service does not answer as it should. %1$d comment waits, and is sent as soon as it can be. (%2$s)', 'The moderation service does not answer as it should. %1$d comments wait, and are sent as soon as they can be. (%2$s)', $waiting['count'], 'moderation-service' ),
		$waiting['count'],
		$waiting['trouble']
	);
	show_notice( 'error', $text, current_user_can( 'manage_options' ) ? __( 'Look at the settings', 'moderation-service' ) : '' );
}

/**
 * One notice.
 *
 * @param string $kind `warning` or `error`.
 * @param string $text What is the matter.
 * @param string $link What the link to the settings says; none when empty.
 */
function show_notice( $kind, $text, $link ) {
	echo '<div class="notice notice-' . esc_attr( $kind ) . '"><p>' . esc_html( $text );
	if ( '' !== $link ) {
		echo ' <a href="' . esc_url( settings_address() ) . '">' . esc_html( $link ) . '</a>';
	}
	echo '</p></div>';
}

add_action( 'admin_notices', __NAMESPACE__ . '\\show_notices' );
