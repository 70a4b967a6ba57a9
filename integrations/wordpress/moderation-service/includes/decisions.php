<?php
/**
 * What people decide in WordPress, by whatever way, is told to the service.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const DECISION_OF = array(
	'approved'   => 'publish',
	'1'          => 'publish',
	'unapproved' => 'hold',
	'0'          => 'hold',
	'spam'       => 'spam',
	'trash'      => 'reject',
);

/**
 * What the service has to hear of a comment that has this status now.
 *
 * @param string $status As in the database, or as in a transition's name.
 * @return array<string, mixed> Empty if it is nobody's decision.
 */
function decision_for( $status ) {
	if ( ! isset( DECISION_OF[ $status ] ) ) {
		return array();
	}
	$user = wp_get_current_user();
	return array(
		'todo_decision' => DECISION_OF[ $status ],
		/* translators: %s: a person's name. */
		'note'          => mb_substr( $user->exists() ? sprintf( __( 'Decided in WordPress by %s.', 'moderation-service' ), $user->display_name ) : __( 'Decided in WordPress.', 'moderation-service' ), 0, 200 ),
	);
}

/**
 * A comment's status changed.
 *
 * @param string      $new_status `approved`, `unapproved`, `spam`, `trash` or `delete`.
 * @param string      $old_status What it was.
 * @param \WP_Comment $comment    The comment.
 */
function status_was_changed( $new_status, $old_status, $comment ) {
	$todo = decision_for( (string) $new_status );
	if ( ! $todo || is_the_service() || ! is_ready() ) {
		return;
	}
	$record = record_of( (int) $comment->comment_ID );
	if ( ! $record ) {
		// From before the plugin, or while it was off: the service reads it now, and learns from the decision.
		if ( is_trusted( (int) $comment->user_id, (int) $comment->comment_post_ID ) || ! is_about_a_text( $comment ) ) {
			return;
		}
		$remote_id = new_id();
		add_record( $remote_id, (int) $comment->comment_ID );
		tell_later( $remote_id, array( 'todo_submit' => 1 ) + $todo );
	} elseif ( ERASED !== $record->state ) {
		tell_later( $record->remote_id, $todo );
	}
}

/**
 * Whether a comment is one that readers write; shops and others keep their notes in the same table.
 *
 * @param \WP_Comment $comment The comment.
 * @return bool
 */
function is_about_a_text( $comment ) {
	return in_array( $comment->comment_type, array( '', 'comment', 'review', 'pingback', 'trackback' ), true );
}

/**
 * A comment is deleted for good: so it is at the service.
 *
 * @param int $comment_id WordPress's id.
 */
function comment_is_deleted( $comment_id ) {
	$record = record_of( (int) $comment_id );
	if ( $record && ERASED === $record->state ) {
		drop_record( $record->remote_id );
	} elseif ( $record ) {
		tell_later(
			$record->remote_id,
			array(
				'comment_id'    => 0,
				'todo_submit'   => 0,
				'todo_decision' => '',
				'todo_erase'    => 1,
			)
		);
	}
}

add_action( 'transition_comment_status', __NAMESPACE__ . '\\status_was_changed', 10, 3 );
add_action( 'delete_comment', __NAMESPACE__ . '\\comment_is_deleted' );
